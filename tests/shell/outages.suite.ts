import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import * as TE from 'fp-ts/TaskEither'
import { eventCodec, eventType } from '../../src/core/codec/event-codec'
import { stateCodec } from '../../src/core/codec/state-codec'
import { overloaded, storeFailed } from '../../src/core/errors/store'
import { transientFailure } from '../../src/core/errors/transient'
import { parkAfter, parkAfterTime, stopAfter } from '../../src/core/poison'
import type { EventStore } from '../../src/core/ports/event-store'
import type { SubscriptionStore } from '../../src/core/ports/subscription-store'
import type { Projection } from '../../src/core/projection'
import type { RecordedEvent } from '../../src/core/recorded-event'
import { fromStart } from '../../src/core/subscription-start'
import { projectionReader } from '../../src/shell/projection/reader'
import { runProjection } from '../../src/shell/projection/run-projection'
import type { SubscriptionNotice } from '../../src/shell/subscription/environment'
import {
  runSubscription,
  runSubscriptionInTransaction,
} from '../../src/shell/subscription/run-subscription'
import { untilReached } from '../../src/shell/subscription/until-reached'
import type { ReadSideUnderTest } from '../contracts/read-side'
import { eventually } from '../support/eventually'
import { decideStream, heldBy } from '../support/operating'
import { left, right } from '../support/right'
import { running, type Running } from '../support/running'
import { appendTicks, places, type Tick, tick, ticks } from '../support/ticks'

const quick = { firstBackoff: 5, maxBackoff: 20 }
const away = () => storeFailed('Unavailable', 'nothingWritten', 'the server is down')
const names = (number: number) => Array.from({ length: number }, (_, n) => `tick-${n}`)

/** What a release reads that knows one type only. */
const tickedOnly = eventCodec<Tick>({
  Ticked: eventType(t.strict({ type: t.literal('Ticked'), by: t.number })),
} as Parameters<typeof eventCodec<Tick>>[0])

/** Deploys, outages, slowness and odd data, on every store. */
export const outagesSuite = <Transaction>(
  open: () => Promise<ReadSideUnderTest<Transaction>>,
): void => {
  let side: ReadSideUnderTest<Transaction>
  let store: EventStore
  let name: string
  let started: Running<unknown>[]
  let notices: SubscriptionNotice[]
  beforeEach(async () => {
    side = await open()
    store = side.store
    name = `subscription-${randomUUID()}`
    started = []
    notices = []
  })
  afterEach(async () => {
    await Promise.all(started.map(({ stop }) => stop()))
    await side.close()
  })

  type Handle = Parameters<typeof runSubscription<Tick>>[0]['handle']
  type Options = Partial<Parameters<typeof runSubscription<Tick>>[0]>
  const observed = (signal: AbortSignal) => ({
    signal,
    onNotice: (notice: SubscriptionNotice) => void notices.push(notice),
  })
  const settings = { from: fromStart, maxPollInterval: 20, leaseDuration: 600, stopTimeout: 1_000 }
  const start = (handle: Handle, options: Options = {}, subscriptions = side.subscriptions) => {
    const run = running((signal) =>
      runSubscription<Tick>({ name, events: ticks, ...settings, handle, ...options })(
        { ...side, subscriptions },
        observed(signal),
      ),
    )
    started.push(run)
    return run
  }
  const reported = (tag: SubscriptionNotice['_tag']) => notices.filter(({ _tag }) => _tag === tag)
  const reset = (streamId: string) =>
    right(
      store.append({
        streamId,
        expectedVersion: 'any',
        events: [tick(0, 'Reset')],
        commands: [],
      }),
    )
  const reached = async (position: number | undefined) =>
    eventually(
      async () => ((await right(side.subscriptions.reached(name))) ?? 0) >= (position ?? 0),
    )
  const pause = (milliseconds: number) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds))

  describe('two releases at once', () => {
    it('handle what only the newer one knows, and report to the older one why it is idle', async () => {
      const seen: string[] = []
      const note: Handle = ({ event }) => TE.fromIO(() => void seen.push(event.type))
      start(note, { events: tickedOnly })
      const [first] = await appendTicks(store, 'tick-1', 1)
      await reached(first)
      start(note)
      await eventually(() => reported('FilterOutdated').length > 0)
      const { positions } = await reset('tick-1')
      await reached(positions[0])
      expect(seen).toEqual(['Ticked', 'Reset'])
      expect(reported('FilterOutdated')).toEqual([
        { _tag: 'FilterOutdated', subscription: name, missing: { types: ['Reset'] } },
      ])
      const [last] = await appendTicks(store, 'tick-1', 1)
      await reached(last)
      expect(seen).toEqual(['Ticked', 'Reset', 'Ticked'])
    })

    it('handle the category that only the newer one reads', async () => {
      const seen: string[] = []
      const note: Handle = ({ streamId }) => TE.fromIO(() => void seen.push(streamId))
      start(note, { categories: ['tick'] })
      const [first] = await appendTicks(store, 'tick-1', 1)
      await reached(first)
      start(note, { categories: ['tick', 'tock'] })
      await eventually(() => reported('FilterOutdated').length > 0)
      const [last] = await appendTicks(store, 'tock-1', 1)
      await reached(last)
      expect(seen).toEqual(['tick-1', 'tock-1'])
      expect(reported('FilterOutdated')).toEqual([
        { _tag: 'FilterOutdated', subscription: name, missing: { categories: ['tock'] } },
      ])
    })

    it('continue with the older one when an operator has narrowed the filter', async () => {
      await start(() => TE.right(undefined)).stop()
      start(() => TE.right(undefined), { events: tickedOnly })
      await eventually(() => reported('FilterOutdated').length === 1)
      const [first] = await appendTicks(store, 'tick-1', 1)
      await pause(300)
      expect(await right(side.subscriptions.reached(name))).toBe(0)
      await right(side.operator.narrow(name, { types: ['Ticked'] }))
      await reached(first)
      expect(reported('FilterCurrent')).toHaveLength(1)
    })
  })

  describe('stopping', () => {
    it('keeps the lease until the event in hand is done, and saves what was done', async () => {
      const begun: string[] = []
      const slow =
        (who: string): Handle =>
        ({ version }) =>
        async () => {
          begun.push(`${who} ${version}`)
          await pause(version === 2 ? 1_500 : 1)
          begun.push(`${who} ${version} done`)
          return E.right(undefined)
        }
      const [, , last] = await appendTicks(store, 'tick-1', 1, 2, 3)
      const first = start(slow('a'), { stopTimeout: 10_000, batchTime: 60_000 })
      await eventually(() => begun.includes('a 2'))
      const ended = first.stop()
      start(slow('b'), { stopTimeout: 10_000 })
      expect(await ended).toEqual(E.right(undefined))
      await reached(last)
      expect(begun).toEqual(['a 1', 'a 1 done', 'a 2', 'a 2 done', 'b 3', 'b 3 done'])
    })

    it('ends without a handler that never settles, reports it, and aborts its signal', async () => {
      let signal: AbortSignal | undefined
      const run = start(
        (_event, context) => {
          signal = context.signal
          return () => new Promise(() => undefined)
        },
        { stopTimeout: 200 },
      )
      await appendTicks(store, 'tick-1', 1)
      await eventually(() => signal !== undefined)
      const begun = performance.now()
      expect(await run.stop()).toEqual(E.right(undefined))
      expect(performance.now() - begun).toBeLessThan(10_000)
      expect(signal?.aborted).toBe(true)
      expect(reported('StopTimedOut')).toEqual([
        { _tag: 'StopTimedOut', subscription: name, partitions: [0] },
      ])
    })
  })

  describe('an outage', () => {
    const during = async (failure: unknown, poison: Options['poison']) => {
      let isUp = false
      const seen: string[] = []
      let last = 0
      for (const stream of names(50)) last = (await appendTicks(store, stream, 1, 2)).at(-1) ?? 0
      start(
        (event) => (isUp ? TE.fromIO(() => void seen.push(...places([event]))) : TE.left(failure)),
        poison === undefined ? {} : { poison },
      )
      await eventually(() => reported('PartitionPaused').length === 1)
      await pause(300)
      isUp = true
      await reached(last)
      await eventually(() => seen.length === 100)
      await eventually(async () => (await heldBy(side.operator, name)).length === 0)
      for (const stream of names(50)) {
        expect(seen.filter((place) => place.startsWith(`${stream}:`))).toEqual(
          [1, 2].map((version) => `${stream}:${version}`),
        )
      }
    }

    it.each([
      ['says that its store is away', away()],
      ['is overloaded', overloaded('the store', 20_000)],
      ['says that what it needs is away', transientFailure('no partner')],
      [
        'reaches no server',
        new TypeError('fetch failed', {
          cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
        }),
      ],
    ])('parks nothing while a handler %s, and reports it once', async (_case, failure) => {
      await during(failure, { ...parkAfter(2), ...quick })
      expect(reported('EventFailed').length).toBeLessThanOrEqual(5)
      expect(reported('EventFailed')).not.toContainEqual(expect.objectContaining({ parked: true }))
      expect(reported('PartitionPaused')).toHaveLength(1)
      expect(reported('PartitionResumed')).toHaveLength(1)
    })

    it('parks nothing for minutes when every stream fails alike, whatever the reason', async () => {
      await during(new Error('something'), { ...parkAfterTime(60_000), ...quick })
      expect(reported('EventFailed').length).toBeLessThan(50)
    })

    it('parks nothing for minutes unless a policy is given', async () => {
      await during(new Error('something'), undefined)
      expect(reported('EventFailed')).not.toContainEqual(expect.objectContaining({ parked: true }))
    })

    it('does not hold up other streams when one stream waits for its partner', async () => {
      const seen: string[] = []
      start(
        (event) =>
          event.streamId === 'tick-1'
            ? TE.left(transientFailure('partner 1'))
            : TE.fromIO(() => void seen.push(...places([event]))),
        { poison: { ...parkAfter(1), ...quick } },
      )
      await appendTicks(store, 'tick-1', 1)
      const [last] = await appendTicks(store, 'tick-2', 1)
      await reached(last)
      await pause(200)
      expect(seen).toEqual(['tick-2:1'])
      const [held] = await heldBy(side.operator, name)
      expect(held).toMatchObject({ streamId: 'tick-1', attempts: 0, parked: false })
      expect(reported('EventFailed')).toHaveLength(1)
    })

    it('does not count for `stopAfter` either', async () => {
      let isUp = false
      start(() => (isUp ? TE.right(undefined) : TE.left(away())), {
        poison: { ...stopAfter(2), ...quick },
      })
      const [last] = await appendTicks(store, 'tick-1', 1)
      await eventually(() => reported('EventFailed').length === 1)
      await pause(200)
      isUp = true
      await reached(last)
      expect(reported('EventFailed')).toHaveLength(1)
    })

    it('of the checkpoint store is reported once, and once when it is over', async () => {
      let isUp = true
      const failing = {
        ...side.subscriptions,
        claim: (...given: Parameters<SubscriptionStore<Transaction>['claim']>) =>
          isUp ? side.subscriptions.claim(...given) : TE.left(away()),
        save: (...given: Parameters<SubscriptionStore<Transaction>['save']>) =>
          isUp ? side.subscriptions.save(...given) : TE.left(away()),
      }
      start(() => TE.right(undefined), {}, failing)
      const [first] = await appendTicks(store, 'tick-1', 1)
      await reached(first)
      isUp = false
      const [last] = await appendTicks(store, 'tick-1', 2)
      await eventually(() => reported('SubscriptionTroubled').length === 2)
      await pause(900)
      isUp = true
      await reached(last)
      await eventually(() => reported('SubscriptionRecovered').length === 2)
      expect(reported('SubscriptionTroubled')).toHaveLength(2)
      const [status] = (await right(side.operator.status(name))).filter(
        ({ subscription }) => subscription === name,
      )
      await eventually(
        async () =>
          (await right(side.operator.status(name))).find(
            ({ subscription }) => subscription === name,
          )?.lastTrouble !== undefined,
      )
      expect(status?.owner).toBeDefined()
    })

    it('at the start is a failure after which it can be started again', async () => {
      let isUp = false
      const failing = {
        ...side.subscriptions,
        register: (...given: Parameters<SubscriptionStore<Transaction>['register']>) =>
          isUp ? side.subscriptions.register(...given) : TE.left(away()),
      }
      const seen: string[] = []
      const controller = new AbortController()
      const subscription = runSubscription<Tick>({
        name,
        events: ticks,
        ...settings,
        handle: (event) => TE.fromIO(() => void seen.push(...places([event]))),
      })({ ...side, subscriptions: failing }, observed(controller.signal))
      expect(await left(subscription)).toMatchObject({ reason: 'Unavailable' })
      expect(await left(subscription)).toMatchObject({ reason: 'Unavailable' })
      isUp = true
      const ended = subscription()
      const [last] = await appendTicks(store, 'tick-1', 1)
      await reached(last)
      controller.abort()
      expect(await ended).toEqual(E.right(undefined))
      expect(seen).toEqual(['tick-1:1'])
    })
  })

  it('takes up by itself what only a newer release can read', async () => {
    const seen: RecordedEvent<unknown>[] = []
    const first = start((event) => TE.fromIO(() => void seen.push(event)))
    const much = { ...tick(1), data: { by: 'much' } }
    const request = { streamId: 'tick-1', expectedVersion: 'any', commands: [] } as const
    await right(store.append({ ...request, events: [much] }))
    const [last] = await appendTicks(store, 'tick-1', 2)
    await reached(last)
    const [parked] = await heldBy(side.operator, name)
    expect(parked).toMatchObject({ parked: true, attempts: 1 })
    await first.stop()
    const Newer = t.strict({ type: t.literal('Ticked'), by: t.union([t.number, t.string]) })
    type Newer = t.TypeOf<typeof Newer> | { type: 'Reset' }
    const newer = eventCodec<Newer>({
      Ticked: eventType(Newer),
      Reset: eventType(t.strict({ type: t.literal('Reset') })),
    })
    const run = running((signal) =>
      runSubscription<Newer>({
        name,
        events: newer,
        ...settings,
        handle: (event) => TE.fromIO(() => void seen.push(event)),
      })(side, observed(signal)),
    )
    started.push(run)
    await eventually(() => seen.length === 2)
    expect(places(seen)).toEqual(['tick-1:1', 'tick-1:2'])
  })

  it.each([
    ['a NUL', 'tick-13\u0000'],
    ['9,000 characters', 'x'.repeat(9_000)],
  ])('isolates an event whose key has %s, and projects all others', async (_case, odd) => {
    const projection: Projection<number, Tick> = {
      name: `p-${randomUUID()}`,
      version: 1,
      events: ticks,
      key: ({ streamId }) => (streamId === 'tick-13' ? odd : streamId),
      view: {
        initialState: 0,
        evolve: (sum, event) => sum + (event.type === 'Ticked' ? event.by : 0),
      },
      state: stateCodec(1, t.number),
    }
    let last = 0
    for (const stream of names(40)) last = (await appendTicks(store, stream, 1)).at(-1) ?? 0
    const run = running((signal) =>
      runProjection(projection, { ...settings, poison: { ...parkAfter(2), ...quick } })(side, {
        signal,
      }),
    )
    started.push(run)
    await eventually(() => right(side.documents.active(projection.name)))
    const reader = projectionReader(projection)(side)
    await right(reader.until(last, 20_000))
    const { entries } = await right(reader.all({ after: '', limit: 100 }))
    expect(entries).toHaveLength(39)
    const [parked] = await eventually(async () => {
      const found = await heldBy(side.operator, `${projection.name}@1.1`)
      return found.some((one) => one.parked) && found
    })
    expect(parked).toMatchObject({ streamId: 'tick-13', attempts: 2 })
    expect(parked?.failure.message).toContain('is not a valid document key')
  })

  describe('a handler', () => {
    it('that never settles fails after its timeout, with its signal aborted, and delays no other', async () => {
      const signals: AbortSignal[] = []
      start(
        ({ streamId }, { signal }) => {
          if (streamId !== 'tick-1') return TE.right(undefined)
          signals.push(signal)
          return () => new Promise(() => undefined)
        },
        { handlerTimeout: 50, poison: { ...parkAfter(2), ...quick } },
      )
      await appendTicks(store, 'tick-1', 1)
      const [last] = await appendTicks(store, 'tick-2', 1)
      await reached(last)
      const [parked] = await eventually(async () => {
        const found = await heldBy(side.operator, name)
        return found.some((one) => one.parked) && found
      })
      expect(parked?.failure.message).toContain('did not answer within 50 ms (handlerTimeout)')
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    })

    it('that is at something for long is shown to be, and what went wrong last', async () => {
      let done: () => void = () => undefined
      const statusNow = async () =>
        (await right(side.operator.status(name))).find(({ subscription }) => subscription === name)
      start(
        ({ version }) =>
          version === 1
            ? TE.left('too early')
            : () => new Promise((resolve) => (done = () => resolve(E.right(undefined)))),
        { poison: { ...parkAfter(1), ...quick } },
      )
      await appendTicks(store, 'tick-1', 1)
      await eventually(async () => (await statusNow())?.lastTrouble !== undefined)
      expect((await statusNow())?.lastTrouble?.message).toContain('too early')
      expect((await statusNow())?.busySince).toBeUndefined()
      await decideStream(side.operator, name, 'tick-1', 'skip')
      const [last] = await appendTicks(store, 'tick-1', 2)
      await eventually(async () => (await statusNow())?.busySince !== undefined)
      done()
      await reached(last)
      await eventually(async () => (await statusNow())?.busySince === undefined)
    })

    it('that is fast is given 1,000 events at a time when it is far behind', async () => {
      const steps = Array.from({ length: 4_500 }, (_, n) => n)
      const positions = await appendTicks(store, 'tick-1', ...steps)
      const [saved, asked] = [new Array<number>(), new Array<number>()]
      const noting = {
        ...side,
        subscriptions: {
          ...side.subscriptions,
          save: (...[step]: Parameters<SubscriptionStore<Transaction>['save']>) => {
            saved.push(step.position - step.after)
            return side.subscriptions.save(step)
          },
        },
        store: {
          ...store,
          readAll: (...[range]: Parameters<EventStore['readAll']>) => {
            asked.push(range.limit)
            return store.readAll(range)
          },
        },
      }
      const run = running((signal) =>
        runSubscription<Tick>({
          name,
          events: ticks,
          ...settings,
          batchTime: 60_000,
          handle: () => TE.right(undefined),
        })(noting, observed(signal)),
      )
      started.push(run)
      await reached(positions.at(-1))
      expect(Math.max(...asked)).toBe(1_000)
      expect(saved.filter((events) => events > 0)[0]).toBeLessThanOrEqual(100)
      expect(Math.max(...saved)).toBe(1_000)
    })

    it('whose batch takes long is saved in between', async () => {
      const steps = Array.from({ length: 30 }, (_, n) => n)
      const positions = await appendTicks(store, 'tick-1', ...steps)
      const saved: number[] = []
      const noting = {
        ...side.subscriptions,
        commit: (...[from, work]: Parameters<SubscriptionStore<Transaction>['commit']>) =>
          side.subscriptions.commit(from, (transaction) =>
            TE.map((end: { readonly position: number }) => {
              saved.push(end.position)
              return end
            })(work(transaction)),
          ),
      }
      const run = running((signal) =>
        runSubscriptionInTransaction<Tick, Transaction>({
          name,
          events: ticks,
          ...settings,
          batchTime: 50,
          handle: () => async () => {
            await pause(20)
            return E.right(undefined)
          },
        })({ ...side, subscriptions: noting }, observed(signal)),
      )
      started.push(run)
      await reached(positions.at(-1))
      expect(saved.length).toBeGreaterThan(5)
      expect(saved.length).toBeLessThan(30)
      expect(saved).toEqual([...new Set(saved)])
    })
  })

  /** A store of checkpoints as a process sees it that dies: from then on it writes nothing. */
  const mortal = () => {
    let isDead = false
    const dying =
      <Given extends ReadonlyArray<never>, Answer>(
        method: (...given: Given) => TE.TaskEither<never, Answer>,
      ) =>
      (...given: Given): TE.TaskEither<never, Answer> =>
        isDead ? () => new Promise(() => undefined) : method(...given)
    const entries = Object.entries(side.subscriptions).map(([key, method]) => [
      key,
      dying(method as never),
    ])
    const subscriptions = Object.fromEntries(entries) as SubscriptionStore<Transaction>
    return { subscriptions, die: () => (isDead = true) }
  }

  it('parks an event that crashes its process for the third time, and continues', async () => {
    const handled: string[] = []
    await appendTicks(store, 'tick-0', 1)
    await appendTicks(store, 'tick-1', 1)
    const [last] = await appendTicks(store, 'tick-2', 1)
    const live = () => {
      const life = mortal()
      const run = start(
        (event) => {
          const [place = ''] = places([event])
          handled.push(place)
          if (event.streamId !== 'tick-1') return TE.right(undefined)
          life.die()
          return () => new Promise(() => undefined)
        },
        { stopTimeout: 50, poison: { ...parkAfter(5), ...quick } },
        life.subscriptions,
      )
      return run
    }
    for (let lives = 1; lives <= 3; lives++) {
      const run = live()
      await eventually(() => handled.filter((place) => place === 'tick-1:1').length === lives)
      await run.stop()
    }
    live()
    await reached(last)
    expect(handled.filter((place) => place === 'tick-1:1')).toHaveLength(3)
    expect(handled).toContain('tick-2:1')
    const [parked] = await heldBy(side.operator, name)
    expect(parked).toMatchObject({ streamId: 'tick-1', parked: true })
    expect(parked?.failure.message).toContain('owners in a row have crashed')
  })

  describe('waiting', () => {
    const wait = (position: number | undefined, streamId?: string) =>
      left(untilReached(name, position ?? 0, 20_000, streamId)(side))

    it('ends at once when the subscription has stopped', async () => {
      const run = start(() => TE.left('never'), { poison: { ...stopAfter(1), ...quick } })
      const [first] = await appendTicks(store, 'tick-1', 1)
      expect(await run.ended).toMatchObject(E.left({ _tag: 'SubscriptionStopped' }))
      expect(await wait(first)).toMatchObject({ _tag: 'SubscriptionStopped', subscription: name })
    })

    it('ends at once when the event is parked, or stands behind one that is', async () => {
      start(({ streamId }) => (streamId === 'tick-1' ? TE.left('never') : TE.right(undefined)), {
        poison: { ...parkAfter(1), ...quick },
      })
      const [first, second] = await appendTicks(store, 'tick-1', 1, 2)
      const [other] = await appendTicks(store, 'tick-2', 1)
      await reached(other)
      const parked = { _tag: 'EventParked', streamId: 'tick-1', version: 1, position: first }
      expect(await wait(first)).toMatchObject(parked)
      expect(await wait(second, 'tick-1')).toMatchObject(parked)
      expect(await right(untilReached(name, other ?? 0, 1_000)(side))).toBe(other)
    })

    it('ends at once when the subscription is removed, and so does the subscription', async () => {
      const run = start(() => TE.right(undefined))
      await eventually(async () => (await right(side.subscriptions.reached(name))) === 0)
      const waited = wait(99)
      await pause(50)
      await right(side.subscriptions.remove(name))
      expect(await waited).toMatchObject({ _tag: 'SubscriptionRemoved', subscription: name })
      expect(await run.ended).toMatchObject(E.left({ _tag: 'SubscriptionRemoved' }))
    })
  })
}
