import { fromStart } from '../../src/core/subscription-start'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { cancelTimer, send, sendAfter, sendAt } from '../../src/core/process-action'
import { type CommandCodec, commandCodec } from '../../src/core/codec/command-codec'
import { stateCodec } from '../../src/core/codec/state-codec'
import type { ProcessManager } from '../../src/core/process-manager'
import type { Dispatch } from '../../src/shell/outbox/dispatch-step'
import { runProcessManager } from '../../src/shell/outbox/run-process-manager'
import * as t from 'io-ts'
import type { ReadSideUnderTest } from '../contracts/read-side'
import { eventually } from '../support/eventually'
import { decideCommand, heldBy, pendingOf } from '../support/operating'
import { right } from '../support/right'
import { running } from '../support/running'
import { appendTicks, type Tick, tick, ticks } from '../support/ticks'
import { bankOn, transferring } from '../support/transfers'

export interface ProcessesUnderTest<Transaction> extends ReadSideUnderTest<Transaction> {}

const options = { from: fromStart, leaseDuration: 600, maxPollInterval: 20 }

/** Says after a while what it received last, unless it hears something else. */
const reminding: ProcessManager<Tick, Tick, string, number> = {
  name: 'reminding',
  events: ticks,
  route: ({ streamId, event }) => ({ key: streamId, event }),
  process: {
    initialState: 0,
    evolve: (state, event) => (event.type === 'Reset' ? 0 : event.by),
    react: (state, event) => {
      if (event.type === 'Reset' || event.by === 0) return [cancelTimer('reminder')]
      if (event.by < 0) return [send(`now ${event.by}`)]
      return event.by > 100_000
        ? [sendAt('other', event.by, `at ${event.by}`)]
        : [sendAfter('reminder', event.by, `after ${event.by}`)]
    },
  },
  state: stateCodec(1, t.number),
  commands: stateCodec(1, t.string),
}

/** What process managers do on every store. */
export const processSuite = <Transaction>(
  open: () => Promise<ProcessesUnderTest<Transaction>>,
): void => {
  let side: ProcessesUnderTest<Transaction>
  beforeEach(async () => {
    side = await open()
  })
  afterEach(() => side.close())

  const remind = (dispatch: Dispatch<string>, poison = {}) =>
    running((signal) =>
      runProcessManager(reminding, dispatch, { ...options, ...poison })(side, { signal }),
    )
  const receiver = () => {
    const received: string[] = []
    const ids: string[] = []
    const dispatch: Dispatch<string> = (command, { commandId }) =>
      TE.fromIO(() => {
        received.push(command)
        ids.push(commandId)
      })
    return { received, ids, dispatch }
  }

  describe('of transfers', () => {
    const bank = async (balances: Readonly<Record<string, number>>) => {
      const opened = bankOn(side.store)
      for (const [id, amount] of Object.entries(balances)) {
        await right(opened.account.handleCommand(id, { type: 'Open', amount }))
      }
      const run = running((signal) =>
        runProcessManager(transferring, opened.dispatch, options)(side, { signal }),
      )
      const transfer = async (id: string, from: string, to: string, amount: number) => {
        const request = { type: 'Request', transfer: id, from, to, amount } as const
        await right(opened.transfer.handleCommand(id, request, { metadata: { actor: 'Ann' } }))
      }
      const outcome = (id: string) =>
        eventually(async () => (await right(opened.transfer.load(id))).state.outcome)
      const balance = async (id: string) => (await right(opened.account.load(id))).state
      return { ...opened, run, transfer, outcome, balance }
    }

    it('moves the money, and cancels the timer', async () => {
      const { transfer, outcome, balance, run } = await bank({ a: 100, b: 0 })
      await transfer('t1', 'a', 'b', 30)
      expect(await outcome('t1')).toBe('done')
      expect([await balance('a'), await balance('b')]).toEqual([70, 30])
      await eventually(async () => (await pendingOf(side.operator, 'transferring')).length === 0)
      await run.stop()
    })

    it('remembers of a transfer that is over no more than that', async () => {
      const { transfer, outcome, run } = await bank({ a: 100, b: 0 })
      await transfer('t1', 'a', 'b', 30)
      await outcome('t1')
      const kept = async () =>
        (await right(side.documents.get('process:transferring', 't1')))?.value
      await eventually(async () => JSON.stringify(await kept()) === '{"over":true}')
      await run.stop()
    })

    it.each([
      ['there is not enough money', 'a', 'b', 999, 'refused'],
      ['the source is missing', 'nobody', 'b', 1, 'refused'],
      ['the destination is missing', 'a', 'nobody', 40, 'refunded'],
    ])('puts everything back when %s', async (_name, from, to, amount, expected) => {
      const { transfer, outcome, balance, run } = await bank({ a: 100, b: 0 })
      await transfer('t1', from, to, amount)
      expect(await outcome('t1')).toBe(expected)
      expect([await balance('a'), await balance('b')]).toEqual([100, 0])
      await run.stop()
    })

    it('lets four of five concurrent transfers of 24 from 100 succeed', async () => {
      const { transfer, outcome, balance, run } = await bank({ a: 100, b: 0 })
      const ids = ['t1', 't2', 't3', 't4', 't5']
      await Promise.all(ids.map((id) => transfer(id, 'a', 'b', 24)))
      const outcomes = await Promise.all(ids.map(outcome))
      expect(outcomes.toSorted()).toEqual(['done', 'done', 'done', 'done', 'refused'])
      expect([await balance('a'), await balance('b')]).toEqual([4, 96])
      await run.stop()
    })

    it('carries correlation, causation and actor on', async () => {
      const { transfer, outcome, run } = await bank({ a: 100, b: 0 })
      await transfer('t1', 'a', 'b', 30)
      await outcome('t1')
      await run.stop()
      const { events } = await right(side.store.readAll({ after: 0, limit: 99 }))
      const [requested, debited] = ['Requested', 'Debited'].map((type) =>
        events.find((event) => event.type === type)!,
      )
      const credited = events.find(({ type }) => type === 'Credited')
      expect(debited?.metadata).toMatchObject({
        causationId: requested?.id,
        correlationId: requested?.id,
        actor: 'Ann',
      })
      expect(credited?.metadata).toMatchObject({
        causationId: debited?.id,
        correlationId: requested?.id,
      })
    })
  })

  describe('with timers', () => {
    it('sends after a delay and at a time, once, and not before', async () => {
      const { received, dispatch } = receiver()
      const begun = Date.now()
      await appendTicks(side.store, 'tick-1', 150)
      await appendTicks(side.store, 'tick-2', begun + 100)
      const run = remind(dispatch)
      await eventually(() => received.length === 2)
      expect(Date.now() - begun).toBeGreaterThanOrEqual(150)
      expect(received).toEqual([`at ${begun + 100}`, 'after 150'])
      await eventually(async () => (await pendingOf(side.operator, 'reminding')).length === 0)
      await run.stop()
    })

    it('sends nothing that was cancelled or replaced', async () => {
      const { received, dispatch } = receiver()
      const run = remind(dispatch)
      await appendTicks(side.store, 'tick-1', 60_000, 0)
      await appendTicks(side.store, 'tick-2', 60_000, 250)
      await eventually(() => received.length === 1)
      expect(received).toEqual(['after 250'])
      await eventually(async () => (await pendingOf(side.operator, 'reminding')).length === 0)
      await run.stop()
    })

    it('sends from another instance when the first one is gone', async () => {
      const { received, dispatch } = receiver()
      const first = remind(dispatch)
      await appendTicks(side.store, 'tick-1', 3_000)
      await eventually(async () => (await pendingOf(side.operator, 'reminding')).length === 1)
      await first.stop()
      expect(received).toEqual([])
      const second = remind(dispatch)
      await eventually(() => received.length === 1)
      await second.stop()
      expect(received).toEqual(['after 3000'])
    })
  })

  it('sends a command that fails again with the same id, holding back the later ones', async () => {
    const { received, ids, dispatch } = receiver()
    let failures = 0
    const failing: Dispatch<string> = (command, given) => {
      if (command === 'now -1' && failures++ < 2) {
        ids.push(given.commandId)
        return TE.left('not now')
      }
      return dispatch(command, given)
    }
    const poison = { _tag: 'Park', attempts: 5, firstBackoff: 5, maxBackoff: 5 } as const
    const run = remind(failing, { poison })
    await appendTicks(side.store, 'tick-1', -1, -2)
    await eventually(() => received.length === 2)
    expect(received).toEqual(['now -1', 'now -2'])
    expect(new Set(ids).size).toBe(2)
    await run.stop()
  })

  it('parks a command that always fails, and sends it when an operator says so', async () => {
    const { received, dispatch } = receiver()
    let bad = true
    const failing: Dispatch<string> = (command, given) =>
      bad && command === 'now -1' ? TE.left(new Error('never')) : dispatch(command, given)
    const poison = { _tag: 'Park', attempts: 2, firstBackoff: 5, maxBackoff: 5 } as const
    const run = remind(failing, { poison })
    await appendTicks(side.store, 'tick-1', -1, -2)
    await appendTicks(side.store, 'tick-2', -3)
    const [parked] = await eventually(async () => {
      const found = await pendingOf(side.operator, 'reminding')
      return found.some((request) => request.parked) && found
    })
    expect(parked).toMatchObject({ command: 'now -1', attempts: 2, key: 'tick-1' })
    expect(parked?.failure?.message).toContain('never')
    await eventually(() => received.length === 1)
    expect(received).toEqual(['now -3'])
    bad = false
    expect(await decideCommand(side.operator, 'reminding', parked?.id ?? '', 'retry')).toBe(true)
    await eventually(() => received.length === 3)
    expect(received.slice(1)).toEqual(['now -1', 'now -2'])
    expect(await run.stop()).toEqual(E.right(undefined))
  })

  it('receives an event together with its stream and the time at which it was recorded', async () => {
    const { received, dispatch } = receiver()
    const noting: ProcessManager<Tick, string, string, string> = {
      name: 'noting',
      events: ticks,
      route: ({ streamId, recordedAt, event }) => ({
        key: 'all',
        event: `${streamId} ${event.type} ${recordedAt}`,
      }),
      process: { initialState: '', evolve: (_before, text) => text, react: (text) => [send(text)] },
      state: stateCodec(1, t.string),
      commands: stateCodec(1, t.string),
    }
    await appendTicks(side.store, 'tick-7', 1)
    const { events } = await right(side.store.readAll({ after: 0, limit: 9 }))
    const run = running((signal) => runProcessManager(noting, dispatch, options)(side, { signal }))
    await eventually(() => received.length === 1)
    await run.stop()
    expect(received).toEqual([`tick-7 Ticked ${events[0]?.recordedAt}`])
  })

  it('takes imported events into its state, and issues nothing for them unless it is asked to', async () => {
    const { received, dispatch } = receiver()
    const events = [{ ...tick(-7), metadata: { imported: true } as const }]
    const request = { streamId: 'tick-1', expectedVersion: 0, events, commands: [] } as const
    await right(side.store.append(request))
    await appendTicks(side.store, 'tick-2', -8)
    const run = remind(dispatch)
    await eventually(() => received.length === 1)
    expect(received).toEqual(['now -8'])
    expect(await right(side.documents.get('process:reminding', 'tick-1'))).toMatchObject({
      value: { state: -7 },
    })
    await run.stop()
    await right(side.subscriptions.remove('process:reminding'))
    const again = remind(dispatch, { imported: 'react' })
    await eventually(() => received.includes('now -7'))
    await again.stop()
  })

  describe('that is over', () => {
    /** Is over as soon as it hears a reset. */
    const ending: ProcessManager<Tick, Tick, string, number> = {
      ...reminding,
      name: 'ending',
      process: {
        ...reminding.process,
        evolve: (_state, event) => (event.type === 'Reset' ? -1_000 : event.by),
        isTerminal: (state) => state === -1_000,
      },
      onRejected: () => [send('compensation')],
    }
    const start = (dispatch: Dispatch<string>) =>
      running((signal) => runProcessManager(ending, dispatch, options)(side, { signal }))
    const reset = () =>
      right(
        side.store.append({
          streamId: 'tick-1',
          expectedVersion: 'any',
          events: [tick(0, 'Reset')],
          commands: [],
        }),
      )
    const waiting = async () => (await pendingOf(side.operator, 'ending')).length
    const caughtUp = (position: number | undefined) =>
      eventually(
        async () =>
          ((await right(side.subscriptions.reached('process:ending'))) ?? 0) >= (position ?? 0),
      )

    it('does not start again when a late event comes, and has no timers any more', async () => {
      const { received, dispatch } = receiver()
      const run = start(dispatch)
      await appendTicks(side.store, 'tick-1', 60_000)
      await appendTicks(side.store, 'tick-2', 60_000)
      await eventually(async () => (await waiting()) === 2)
      await reset()
      const [late] = await appendTicks(side.store, 'tick-1', -5)
      await caughtUp(late)
      expect(await waiting()).toBe(1)
      await run.stop()
      expect(received).toEqual([])
      expect((await right(side.documents.get('process:ending', 'tick-1')))?.value).toEqual({
        over: true,
      })
    })

    it('issues nothing when a command is rejected after its end', async () => {
      const sent: string[] = []
      const refusing: Dispatch<string> = (command) => {
        sent.push(command)
        return TE.left({ _tag: 'Rejected', rejection: 'no' })
      }
      await appendTicks(side.store, 'tick-1', -1)
      await reset() // received in the same batch: before the command is sent
      const run = start(refusing)
      await eventually(() => sent.length === 1)
      await eventually(async () => (await waiting()) === 0)
      await run.stop()
      expect(sent).toEqual(['now -1'])
    })
  })

  describe('whose commands have a codec', () => {
    const short = t.refinement(t.string, (text) => text.length <= 6, 'ShortText')
    const codecOf = (type: t.Type<string, unknown>): CommandCodec<string> => {
      const Say = t.strict({ type: t.literal('Say'), text: type })
      const say = commandCodec<t.TypeOf<typeof Say>>({ Say })
      return {
        encode: (text) => say.encode({ type: 'Say', text }),
        decode: (input) => E.map(({ text }: { text: string }) => text)(say.decode(input)),
      }
    }
    const start = (codec: CommandCodec<string>, dispatch: Dispatch<string>) =>
      running((signal) =>
        runProcessManager({ ...reminding, commands: codec }, dispatch, {
          ...options,
          poison: { _tag: 'Park', attempts: 1, firstBackoff: 1, maxBackoff: 1 },
        })(side, { signal }),
      )

    it('parks the event that leads to a command that does not match its codec', async () => {
      const { received, dispatch } = receiver()
      const run = start(codecOf(short), dispatch)
      await appendTicks(side.store, 'tick-1', -100)
      await appendTicks(side.store, 'tick-2', -1)
      const [parked] = await eventually(async () => {
        const found = await heldBy(side.operator, 'process:reminding')
        return found.length > 0 && found
      })
      expect(parked?.failure.message).toContain(
        'The process tick-1 of reminding issued a command that does not match its codec: text: expected ShortText, got "now -100"',
      )
      await eventually(() => received.length === 1)
      await run.stop()
      expect(received).toEqual(['now -1'])
    })

    it('parks a command that no release can read any more, until one can', async () => {
      const { received, dispatch } = receiver()
      const away: Dispatch<string> = () => TE.left('away')
      const before = start(codecOf(t.string), away)
      await appendTicks(side.store, 'tick-1', -100)
      const parked = () =>
        eventually(async () => {
          const [found] = await pendingOf(side.operator, 'reminding')
          return found?.parked === true && found
        })
      const { id } = await parked()
      await before.stop()
      await decideCommand(side.operator, 'reminding', id, 'retry')
      const broken = start(codecOf(short), dispatch)
      expect((await parked()).failure?.message).toBe(
        `reminding could not send the command ${id}: The stored command ${id} of the process tick-1 of reminding no longer matches its codec: text: expected ShortText, got "now -100".`,
      )
      await broken.stop()
      await decideCommand(side.operator, 'reminding', id, 'retry')
      const mended = start(codecOf(t.string), dispatch)
      await eventually(() => received.length === 1)
      await mended.stop()
      expect(received).toEqual(['now -100'])
    })
  })
}
