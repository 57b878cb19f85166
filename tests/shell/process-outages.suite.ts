import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import * as TE from 'fp-ts/TaskEither'
import { send, sendAfter, sendAt } from '../../src/core/process-action'
import { eventCodec, eventType } from '../../src/core/codec/event-codec'
import { stateCodec } from '../../src/core/codec/state-codec'
import { storeFailed } from '../../src/core/errors/store'
import { parkAfter } from '../../src/core/poison'
import type { ProcessManager } from '../../src/core/process-manager'
import { fromStart } from '../../src/core/subscription-start'
import type { Dispatch } from '../../src/shell/outbox/dispatch-step'
import { type ProcessOptions, runProcessManager } from '../../src/shell/outbox/run-process-manager'
import type { SubscriptionNotice } from '../../src/shell/subscription/environment'
import type { ReadSideUnderTest } from '../contracts/read-side'
import { eventually } from '../support/eventually'
import { heldBy, pendingOf } from '../support/operating'
import { right } from '../support/right'
import { running, type Running } from '../support/running'
import { appendTicks, type Tick, tick, ticks } from '../support/ticks'

const quick = { firstBackoff: 5, maxBackoff: 20 }
const away = storeFailed('Unavailable', 'nothingWritten', 'the server is down')

/** Asks for one command for every tick. */
const asking = (react: (by: number) => ReturnType<typeof send<string>>) => {
  const manager: ProcessManager<Tick, Tick, string, number> = {
    name: 'asking',
    events: ticks,
    route: ({ streamId, event }) => ({ key: streamId, event }),
    process: {
      initialState: 0,
      evolve: (state) => state + 1,
      react: (_state, event) => (event.type === 'Ticked' ? [react(event.by)] : []),
    },
    state: stateCodec(1, t.number),
    commands: stateCodec(1, t.string),
  }
  return manager
}

/** Outages and odd asks of process managers, on every store. */
export const processOutagesSuite = <Transaction>(
  open: () => Promise<ReadSideUnderTest<Transaction>>,
): void => {
  let side: ReadSideUnderTest<Transaction>
  let started: Running<unknown>[]
  let notices: SubscriptionNotice[]
  beforeEach(async () => {
    side = await open()
    started = []
    notices = []
  })
  afterEach(async () => {
    await Promise.all(started.map(({ stop }) => stop()))
    await side.close()
  })

  const reported = (tag: SubscriptionNotice['_tag']) => notices.filter(({ _tag }) => _tag === tag)
  const pause = (milliseconds: number) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))
  const start = (
    dispatch: Dispatch<string>,
    options: Partial<ProcessOptions> = {},
    manager = asking((by) => send(`say ${by}`)),
  ) => {
    const settings = {
      from: fromStart,
      leaseDuration: 600,
      maxPollInterval: 20,
      stopTimeout: 1_000,
      ...options,
    }
    const run = running((signal) =>
      runProcessManager(
        manager,
        dispatch,
        settings,
      )(side, {
        signal,
        onNotice: (notice) => void notices.push(notice),
      }),
    )
    started.push(run)
    return run
  }
  const pending = () => pendingOf(side.operator, 'asking')

  it('parks no command while its receiver is away, and sends each of them once', async () => {
    let isUp = false
    const sent: string[] = []
    start((command) => (isUp ? TE.fromIO(() => void sent.push(command)) : TE.left(away)), {
      poison: { ...parkAfter(2), ...quick },
    })
    for (let n = 0; n < 20; n++) await appendTicks(side.store, `tick-${n}`, n)
    await eventually(() => reported('PartitionPaused').length === 1)
    await pause(400)
    isUp = true
    // Nothing is pending for a moment while the last events are still to be read.
    await eventually(async () => new Set(sent).size === 20 && (await pending()).length === 0)
    expect(sent).toHaveLength(20)
    expect(reported('CommandFailed')).not.toContainEqual(expect.objectContaining({ parked: true }))
    expect(reported('PartitionPaused')).toHaveLength(1)
    expect(reported('PartitionResumed').length).toBeGreaterThan(0)
  })

  it('has what only a newer release knows handled by that one, and gives the older one nothing', async () => {
    const older = {
      ...asking((by) => send(`say ${by}`)),
      events: eventCodec<Tick>({
        Ticked: eventType(t.strict({ type: t.literal('Ticked'), by: t.number })),
      } as Parameters<typeof eventCodec<Tick>>[0]),
    }
    const newer = {
      ...asking((by) => send(`say ${by}`)),
      process: {
        initialState: 0,
        evolve: (state: number) => state + 1,
        react: (_state: number, event: Tick) => [
          send(event.type === 'Reset' ? 'reset' : `say ${event.by}`),
        ],
      },
    }
    const sent: string[] = []
    const note: Dispatch<string> = (command) => TE.fromIO(() => void sent.push(command))
    start(note, {}, older)
    await appendTicks(side.store, 'tick-1', 1)
    // Answered and recorded: the next owner would send it again otherwise.
    await eventually(async () => sent.length === 1 && (await pending()).length === 0)
    start(note, {}, newer)
    await eventually(() => reported('FilterOutdated').length > 0)
    const events = [tick(0, 'Reset'), tick(2)]
    await right(
      side.store.append({ streamId: 'tick-1', expectedVersion: 'any', events, commands: [] }),
    )
    await eventually(() => sent.length === 3)
    expect(sent).toEqual(['say 1', 'reset', 'say 2'])
    expect(reported('FilterOutdated')).toEqual([
      { _tag: 'FilterOutdated', subscription: 'process:asking', missing: { types: ['Reset'] } },
    ])
  })

  it('reports a command that is parked, counts it, and reports one whose rejection is not compensated', async () => {
    start(
      (command) =>
        TE.left(
          command === 'say 1'
            ? new Error('never')
            : { _tag: 'Rejected', rejection: { _tag: 'TooMuch' }, message: 'no' },
        ),
      { poison: { ...parkAfter(1), ...quick } },
    )
    await appendTicks(side.store, 'tick-1', 1)
    await appendTicks(side.store, 'tick-2', 2)
    await eventually(
      () => reported('CommandRejected').length + reported('CommandFailed').length === 2,
    )
    expect(reported('CommandFailed')).toMatchObject([
      { subscription: 'process:asking', parked: true, command: { attempts: 1 } },
    ])
    expect(reported('CommandRejected')).toMatchObject([
      { subscription: 'process:asking', key: 'tick-2', rejection: { _tag: 'TooMuch' } },
    ])
    await eventually(async () => {
      const [status] = await right(side.operator.status('process:asking'))
      return status?.parkedCommands === 1 && status.rejectedCommands === 1
    })
  })

  it('sends by itself what only a newer release can read', async () => {
    const refusing = {
      ...asking((by) => send(`say ${by}`)),
      commands: {
        ...stateCodec(1, t.string),
        decode: () => E.left([{ path: '', message: 'an old form' }]),
      },
    }
    const first = start(() => TE.right(undefined), {}, refusing)
    await appendTicks(side.store, 'tick-1', 1)
    await eventually(async () => (await pending())[0]?.parked === true)
    await first.stop()
    const sent: string[] = []
    start((command) => TE.fromIO(() => void sent.push(command)))
    await eventually(() => sent.length === 1)
    expect(sent).toEqual(['say 1'])
  })

  it('gives up a command that is not answered in time, and aborts its signal', async () => {
    const signals: AbortSignal[] = []
    const sent: string[] = []
    start(
      (command, { signal }) => {
        if (command !== 'say 1') return TE.fromIO(() => void sent.push(command))
        signals.push(signal)
        return () => new Promise(() => undefined)
      },
      { handlerTimeout: 50, poison: { ...parkAfter(1), ...quick } },
    )
    await appendTicks(side.store, 'tick-1', 1)
    await appendTicks(side.store, 'tick-2', 2)
    await eventually(async () => (await pending()).some(({ parked }) => parked))
    await eventually(() => sent.length === 1)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })

  it.each([
    ['a delay that is not a number', sendAfter('later', Number.NaN, 'say 13')],
    ['an endless delay', sendAfter('later', Number.POSITIVE_INFINITY, 'say 13')],
    ['a time that is not a number', sendAt('later', Number.NaN, 'say 13')],
    ['a time before all times', sendAt('later', -1, 'say 13')],
    ['a NUL in the name of the timer', sendAfter('la\u0000ter', 5, 'say 13')],
  ])('rejects %s at the event that leads to it, and continues', async (_case, odd) => {
    const sent: string[] = []
    start(
      (command) => TE.fromIO(() => void sent.push(command)),
      { poison: { ...parkAfter(1), ...quick } },
      asking((by) => (by === 13 ? odd : send(`say ${by}`))),
    )
    await appendTicks(side.store, 'tick-1', 13)
    await appendTicks(side.store, 'tick-2', 2)
    await eventually(() => sent.length === 1)
    const [held] = await eventually(async () => {
      const found = await heldBy(side.operator, 'process:asking')
      return found.length > 0 && found
    })
    expect(held).toMatchObject({ streamId: 'tick-1', parked: true })
    expect(held?.failure.message).toMatch(/the process tick-1 of asking.*later|timer/i)
    expect(held?.failure.message).not.toMatch(/store failed/)
  })

  it('does not let one compensation that cannot be stored hold up the others', async () => {
    const manager: ProcessManager<Tick, Tick, string, number> = {
      ...asking((by) => send(`say ${by}`)),
      onRejected: (_state, command) =>
        command === 'say 1' ? [sendAfter('x', Number.NaN, 'never')] : [send('instead')],
    }
    const sent: string[] = []
    start(
      (command) =>
        command === 'instead'
          ? TE.fromIO(() => void sent.push(command))
          : TE.left({ _tag: 'Rejected', rejection: 'no' }),
      { poison: { ...parkAfter(1), ...quick } },
      manager,
    )
    await appendTicks(side.store, 'tick-1', 1)
    await appendTicks(side.store, 'tick-2', 2)
    await eventually(() => sent.length === 1)
    const [left] = await eventually(async () => {
      const found = await pending()
      return found.length === 1 && found[0]?.parked === true && found
    })
    expect(left?.command).toBe('say 1')
  })
}
