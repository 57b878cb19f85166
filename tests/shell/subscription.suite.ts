import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StorePage } from '../../src/core/ports/event-source'
import type { EventStore } from '../../src/core/ports/event-store'
import { parkAfter, stopAfter } from '../../src/core/poison'
import type { Operator } from '../../src/core/ports/operator'
import type { RecordedEvent } from '../../src/core/recorded-event'
import {
  fromEnd,
  fromPosition,
  fromTime,
  type SubscriptionStart,
} from '../../src/core/subscription-start'
import type { SubscriptionNotice } from '../../src/shell/subscription/environment'
import {
  runSubscription,
  runSubscriptionInTransaction,
} from '../../src/shell/subscription/run-subscription'
import { untilReached } from '../../src/shell/subscription/until-reached'
import { fromStart } from '../../src/core/subscription-start'
import type { ReadSideUnderTest } from '../contracts/read-side'
import { eventually } from '../support/eventually'
import { decideStream, heldBy } from '../support/operating'
import { right } from '../support/right'
import { running, type Running } from '../support/running'
import { appendTicks, places, type Tick, tick, ticks } from '../support/ticks'

const quick = { firstBackoff: 5, maxBackoff: 20 }

type UsedOperator = 'status' | 'heldEvents' | 'decide' | 'resume' | 'reset' | 'pause' | 'unpause'

/** A backend of which only what subscriptions need is known, and how their transactions write. */
export interface SubscribedSide<Transaction> extends Pick<
  ReadSideUnderTest<Transaction>,
  'store' | 'subscriptions' | 'wakeUps' | 'close'
> {
  readonly operator: Pick<Operator, UsedOperator>
  /** Adds one to a number, in the transaction. */
  readonly addOne: (transaction: Transaction, list: string, key: string) => Promise<void>
  /** The numbers of a list that are not 0, by their keys. */
  readonly numbersOf: (list: string) => Promise<ReadonlyArray<readonly [string, number]>>
}

/** The same, with documents for numbers. */
const numbersInDocuments = <Transaction>(
  side: ReadSideUnderTest<Transaction>,
): SubscribedSide<Transaction> => ({
  ...side,
  addOne: async (transaction, list, key) => {
    const documents = side.documents.inTransaction(transaction)
    const before = (await right(documents.get(list, key)))?.value ?? 0
    await right(documents.put(list, key, Number(before) + 1))
  },
  numbersOf: async (list) =>
    (await right(side.documents.all(list, { after: '', limit: 99 }))).documents.map(
      ({ key, value }) => [key, Number(value)],
    ),
})

/** What subscriptions do on every backend. */
export const subscribeSuite = <Transaction>(
  open: () => Promise<ReadSideUnderTest<Transaction>>,
): void => subscribedSuite(async () => numbersInDocuments(await open()))

/** What subscriptions do wherever there are any. */
export const subscribedSuite = <Transaction>(
  open: () => Promise<SubscribedSide<Transaction>>,
): void => {
  let side: SubscribedSide<Transaction>
  let store: EventStore
  let name: string
  let started: Running<unknown>[]
  beforeEach(async () => {
    side = await open()
    store = side.store
    name = `subscription-${randomUUID()}`
    started = []
  })
  afterEach(async () => {
    await Promise.all(started.map(({ stop: end }) => end()))
    await side.close()
  })

  const notices: SubscriptionNotice[] = []
  const observed = (signal: AbortSignal) => ({
    signal,
    onNotice: (notice: SubscriptionNotice) => void notices.push(notice),
  })
  type Options = Partial<Parameters<typeof runSubscription<Tick>>[0]>
  // An instance that stands still for longer than its lease is fenced off, and what it was at is handled again:
  // these tests count, and a busy machine stands still for a second now and then.
  const start = (
    handle: (event: RecordedEvent<Tick>) => TE.TaskEither<unknown, void>,
    options: Options = {},
  ) => {
    const run = running((signal) =>
      runSubscription<Tick>({
        name,
        from: fromStart,
        events: ticks,
        leaseDuration: 3_000,
        handle,
        ...options,
      })(side, observed(signal)),
    )
    started.push(run)
    return run
  }
  const collecting = (options: Options = {}) => {
    const seen: RecordedEvent<Tick>[] = []
    const run = start((event) => TE.fromIO(() => void seen.push(event)), options)
    return { seen, ...run }
  }
  const until = (position: number | undefined) =>
    right(untilReached(name, position ?? 0, 20_000)(side))

  it('receives existing and new events, in order, in pages', async () => {
    await appendTicks(store, 'tick-1', 1, 2, 3)
    await appendTicks(store, 'tick-2', 1)
    const { seen } = collecting({ batchSize: 2 })
    const [last] = await appendTicks(store, 'tick-1', 4)
    await until(last)
    expect(places(seen)).toEqual(['tick-1:1', 'tick-1:2', 'tick-1:3', 'tick-2:1', 'tick-1:4'])
    expect(seen[0]).toMatchObject({ event: { type: 'Ticked', by: 1 }, streamId: 'tick-1' })
  })

  it('continues where it was after it was stopped', async () => {
    const [first] = await appendTicks(store, 'tick-1', 1)
    const before = collecting()
    await until(first)
    expect(await before.stop()).toEqual(E.right(undefined))
    const [second] = await appendTicks(store, 'tick-1', 2)
    const after = collecting()
    await until(second)
    expect(places(after.seen)).toEqual(['tick-1:2'])
  })

  it('receives the categories and types of its filter, and still makes progress', async () => {
    await appendTicks(store, 'tick-1', 1)
    await appendTicks(store, 'other-1', 1)
    await right(
      store.append({
        streamId: 'tick-1',
        expectedVersion: 'any',
        events: [tick(0, 'Unknown'), tick(0, 'Reset')],
        commands: [],
      }),
    )
    const [last] = await appendTicks(store, 'other-1', 2)
    const { seen } = collecting({ categories: ['tick'] })
    await until(last)
    expect(places(seen)).toEqual(['tick-1:1', 'tick-1:3'])
  })

  it('begins where it is declared to', async () => {
    const [first] = await appendTicks(store, 'tick-1', 1)
    const since = (await right(side.store.read('tick-1', { after: 0, limit: 1 }))).events[0]!
    await eventually(() => Date.now() > since.recordedAt + 5)
    const middle = Date.now()
    await appendTicks(store, 'tick-1', 2)
    const starts: ReadonlyArray<readonly [SubscriptionStart, ReadonlyArray<string>]> = [
      [fromPosition(first ?? 0), ['tick-1:2', 'tick-1:3']],
      [fromTime(middle), ['tick-1:2', 'tick-1:3']],
      [fromTime(since.recordedAt), ['tick-1:1', 'tick-1:2', 'tick-1:3']],
      [fromEnd, ['tick-1:3']],
    ]
    const all = starts.map(([from], index) => {
      const run = collecting({ from, name: `${name}-${index}` })
      return run
    })
    for (const index of starts.keys()) {
      await eventually(() => right(side.subscriptions.reached(`${name}-${index}`)))
    }
    const [last] = await appendTicks(store, 'tick-1', 3)
    for (const [index, [, expected]] of starts.entries()) {
      await right(untilReached(`${name}-${index}`, last ?? 0, 20_000)(side))
      expect(places(all[index]?.seen ?? [])).toEqual(expected)
    }
  })

  /** The store after a restore: the same positions stand for other events, or there are fewer of them. */
  const restored = (change: (page: StorePage) => Partial<StorePage>): EventStore => ({
    ...side.store,
    readAll: (range) =>
      pipe(
        side.store.readAll(range),
        TE.map((page) => ({ ...page, ...change(page) })),
      ),
  })
  const startOn = (source: EventStore) => {
    const seen: RecordedEvent<Tick>[] = []
    const handle = (event: RecordedEvent<Tick>) => TE.fromIO(() => void seen.push(event))
    const run = running((signal) =>
      runSubscription<Tick>({ name, from: fromStart, events: ticks, leaseDuration: 3_000, handle })(
        { ...side, store: source },
        observed(signal),
      ),
    )
    started.push(run)
    return { seen, ...run }
  }

  it('stops at a store of another lineage, until an operator says where to continue', async () => {
    const [first] = await appendTicks(store, 'tick-1', 1)
    const before = collecting()
    await until(first)
    await before.stop()
    await appendTicks(store, 'tick-1', 2)
    const other = restored(() => ({ lineage: 'another' }))
    const stopped = await startOn(other).ended
    expect(stopped).toMatchObject(
      E.left({ _tag: 'OtherLineage', subscription: name, partition: 0, actual: 'another' }),
    )
    expect(await startOn(other).ended).toMatchObject(E.left({ _tag: 'SubscriptionStopped' }))
    const [status] = await right(side.operator.status(name))
    expect(status?.failure?.message).toContain('another store, or was restored')
    await right(side.operator.resume(name)) // without saying where: it is asked again
    expect(await startOn(other).ended).toMatchObject(E.left({ _tag: 'OtherLineage' }))
    await right(side.operator.reset(name, 0, 'refuse'))
    const after = startOn(other)
    await eventually(() => after.seen.length === 2)
    expect(places(after.seen)).toEqual(['tick-1:1', 'tick-1:2'])
  })

  it('stops when the store ends before its checkpoint', async () => {
    await appendTicks(store, 'tick-1', 1, 2)
    const [last] = await appendTicks(store, 'tick-1', 3)
    const before = collecting()
    await until(last)
    await before.stop()
    const highest = (last ?? 0) - 1
    const stopped = await startOn(restored(() => ({ highest }))).ended
    expect(stopped).toMatchObject(
      E.left({ _tag: 'CheckpointAhead', subscription: name, position: last, highest }),
    )
    await right(side.operator.reset(name, highest, 'refuse'))
    const after = startOn(restored(({ highest: now }) => ({ highest: now })))
    await eventually(() => after.seen.length === 1)
    expect(places(after.seen)).toEqual(['tick-1:3'])
  })

  it('stops when the store is restored while it runs', async () => {
    const change: { lineage?: string } = {}
    const run = startOn(restored(() => change))
    const [first] = await appendTicks(store, 'tick-1', 1)
    await until(first)
    change.lineage = 'another'
    await appendTicks(store, 'tick-1', 2)
    expect(await run.ended).toMatchObject(E.left({ _tag: 'OtherLineage' }))
    expect(places(run.seen)).toEqual(['tick-1:1'])
  })

  it('writes down which store it reads before the first event comes', async () => {
    let pages = 0
    const before = startOn(
      restored(() => {
        pages += 1
        return {}
      }),
    )
    await eventually(() => pages > 1)
    await before.stop()
    const stopped = await startOn(restored(() => ({ lineage: 'another' }))).ended
    expect(stopped).toMatchObject(E.left({ _tag: 'OtherLineage' }))
  })

  it('has one owner among three, and another one when it goes', async () => {
    const runs = [collecting(), collecting(), collecting()]
    const [first] = await appendTicks(store, 'tick-1', 1)
    await until(first)
    const owner = runs.find(({ seen }) => seen.length > 0)
    await owner?.stop()
    const [second] = await appendTicks(store, 'tick-1', 2)
    await until(second)
    expect(places(runs.flatMap(({ seen }) => seen)).toSorted()).toEqual(['tick-1:1', 'tick-1:2'])
    expect(owner?.seen).toHaveLength(1)
  })

  it('shares its partitions among instances that come and go, in order within each stream', async () => {
    const options = { partitions: 4, batchSize: 5 }
    const first = collecting(options)
    const streams = Array.from({ length: 20 }, (_, n) => `tick-${n}`)
    for (const stream of streams) await appendTicks(store, stream, 1, 2)
    await eventually(() => first.seen.length === 40)
    const second = collecting(options)
    await eventually(async () => {
      const status = await right(side.operator.status())
      return new Set(status.map(({ owner }) => owner)).size === 2 && status.length === 4
    })
    let last = 0
    for (const stream of streams) last = (await appendTicks(store, stream, 3))[0] ?? 0
    await until(last)
    expect(second.seen.length).toBeGreaterThan(0)
    await first.stop()
    for (const stream of streams) last = (await appendTicks(store, stream, 4))[0] ?? 0
    await until(last)
    const all = places([...first.seen, ...second.seen])
    expect(all).toHaveLength(80)
    expect(new Set(all).size).toBe(80)
    for (const stream of streams) {
      const own = all.filter((place) => place.startsWith(`${stream}:`))
      expect(own).toEqual([1, 2, 3, 4].map((version) => `${stream}:${version}`))
    }
  })

  it('rejects another number of partitions', async () => {
    await collecting({ partitions: 2 }).stop()
    expect(await collecting({ partitions: 3 }).ended).toMatchObject(
      E.left({ _tag: 'SubscriptionMismatch', partitions: 3, stored: 2 }),
    )
  })

  describe('with an event that cannot be handled', () => {
    const failing = (seen: string[], isBad: (place: string) => boolean) => {
      return (event: RecordedEvent<Tick>): TE.TaskEither<unknown, void> => {
        const place = `${event.streamId}:${event.version}`
        return isBad(place)
          ? TE.left(new Error(`no ${place}`))
          : TE.fromIO(() => void seen.push(place))
      }
    }

    it('retries it, in the order of its stream, while the others continue', async () => {
      const seen: string[] = []
      let failures = 0
      const isBad = (place: string) => place === 'tick-1:2' && failures++ < 3
      start(failing(seen, isBad), { poison: { ...parkAfter(5), ...quick } })
      await appendTicks(store, 'tick-1', 1, 2, 3)
      const [last] = await appendTicks(store, 'tick-2', 1)
      await until(last)
      await eventually(() => seen.length === 4)
      expect(failures).toBe(4)
      expect(seen.filter((place) => place.startsWith('tick-1'))).toEqual([
        'tick-1:1',
        'tick-1:2',
        'tick-1:3',
      ])
      await eventually(async () => (await heldBy(side.operator, name)).length === 0)
    })

    it('takes up the events with its tags only, of a stream that was held', async () => {
      const seen: string[] = []
      let failures = 0
      const isBad = (place: string) => place === 'tick-1:2' && failures++ < 2
      start(failing(seen, isBad), { tags: ['a'], poison: { ...parkAfter(5), ...quick } })
      const events = ['b', 'a', 'b', 'a', 'a'].map((tag) => ({ ...tick(1), tags: [tag] }))
      const append = { streamId: 'tick-1', expectedVersion: 'any' as const, events, commands: [] }
      const { positions } = await right(store.append(append))
      await until(positions.at(-1))
      await eventually(() => seen.length === 3)
      await eventually(async () => (await heldBy(side.operator, name)).length === 0)
      expect(failures).toBe(3)
      expect(seen).toEqual(['tick-1:2', 'tick-1:4', 'tick-1:5'])
    })

    it('parks it with its stack and attempts; a retry takes up its stream again', async () => {
      const seen: string[] = []
      let bad = true
      start(
        failing(seen, (place) => bad && place === 'tick-1:2'),
        { poison: { ...parkAfter(2), ...quick } },
      )
      await appendTicks(store, 'tick-1', 1, 2, 3)
      await appendTicks(store, 'tick-2', 1)
      const [parked] = await eventually(async () => {
        const found = await heldBy(side.operator, name)
        return found.some((one) => one.parked) && found
      })
      expect(parked).toMatchObject({ streamId: 'tick-1', version: 2, attempts: 2, type: 'Ticked' })
      expect(parked?.failure.message).toContain('no tick-1:2')
      expect(parked?.failure.stack).toContain('subscription.suite')
      const [last] = await appendTicks(store, 'tick-1', 4)
      await until(last)
      expect(seen).toEqual(['tick-1:1', 'tick-2:1'])
      bad = false
      expect(await decideStream(side.operator, name, 'tick-1', 'retry')).toBe(true)
      await eventually(() => seen.length === 5)
      expect(seen.slice(2)).toEqual(['tick-1:2', 'tick-1:3', 'tick-1:4'])
    })

    it('skips it when an operator says so, also after a restart', async () => {
      const seen: string[] = []
      const poison = { ...parkAfter(1), ...quick }
      const first = start(
        failing(seen, (place) => place === 'tick-1:1'),
        { poison },
      )
      const [, last] = await appendTicks(store, 'tick-1', 1, 2)
      await until(last)
      expect(await first.stop()).toEqual(E.right(undefined))
      await decideStream(side.operator, name, 'tick-1', 'skip')
      start(
        failing(seen, (place) => place === 'tick-1:1'),
        { poison, batchSize: 1 },
      )
      const [third] = await appendTicks(store, 'tick-1', 3)
      await until(third)
      await eventually(() => seen.length === 2)
      expect(seen).toEqual(['tick-1:2', 'tick-1:3'])
    })

    it('stops with its failure when the policy says so, and continues when it is resumed', async () => {
      const seen: string[] = []
      let bad = true
      const begin = () =>
        start(
          failing(seen, (place) => bad && place === 'tick-1:2'),
          { poison: { ...stopAfter(2), ...quick } },
        )
      const run = begin()
      await appendTicks(store, 'tick-1', 1, 2)
      const [last] = await appendTicks(store, 'tick-2', 1)
      expect(await run.ended).toMatchObject(
        E.left({ _tag: 'SubscriptionStopped', subscription: name, partition: 0 }),
      )
      expect(seen).not.toContain('tick-2:1')
      expect(await begin().ended).toMatchObject(E.left({ _tag: 'SubscriptionStopped' }))
      bad = false
      expect(await right(side.operator.resume(name))).toEqual([0])
      begin()
      await until(last)
      expect(seen.slice(-2)).toEqual(['tick-1:2', 'tick-2:1'])
    })

    it('waits before it tries again, whatever is appended meanwhile', async () => {
      const attempts: number[] = []
      const run = start(
        () => {
          attempts.push(performance.now())
          return TE.left('never')
        },
        { poison: { ...stopAfter(2), firstBackoff: 300, maxBackoff: 300 } },
      )
      await appendTicks(store, 'tick-1', 1)
      await eventually(() => attempts.length === 1)
      for (let step = 0; step < 10; step++) await appendTicks(store, 'tick-2', step)
      expect(await run.ended).toMatchObject(E.left({ _tag: 'SubscriptionStopped' }))
      expect((attempts[1] ?? 0) - (attempts[0] ?? 0)).toBeGreaterThan(290)
    })

    it('holds back a stream whose event cannot be decoded', async () => {
      const { seen } = collecting({ poison: { ...parkAfter(1), ...quick } })
      await right(
        store.append({
          streamId: 'tick-1',
          expectedVersion: 'any',
          events: [{ ...tick(1), data: { by: 'much' } }],
          commands: [],
        }),
      )
      const [last] = await appendTicks(store, 'tick-2', 1)
      await until(last)
      expect(places(seen)).toEqual(['tick-2:1'])
      const [parked] = await heldBy(side.operator, name)
      expect(parked?.failure.message).toContain('cannot be decoded')
    })

    it('keeps nothing of a failed event in a transaction, and everything of the others', async () => {
      let bad = true
      const run = running((signal) =>
        runSubscriptionInTransaction<Tick, Transaction>({
          name,
          events: ticks,
          leaseDuration: 600,
          poison: { ...parkAfter(1), ...quick },
          handle: (event, transaction) => async () => {
            const key = `${event.streamId}:${event.version}`
            await side.addOne(transaction, name, key)
            return bad && key === 'tick-1:2' ? E.left('not now') : E.right(undefined)
          },
        })(side, observed(signal)),
      )
      started.push(run)
      await appendTicks(store, 'tick-1', 1, 2, 3)
      const [last] = await appendTicks(store, 'tick-2', 1)
      await until(last)
      const effects = () => side.numbersOf(name)
      expect(await effects()).toEqual([
        ['tick-1:1', 1],
        ['tick-2:1', 1],
      ])
      bad = false
      await decideStream(side.operator, name, 'tick-1', 'retry')
      await eventually(async () => (await effects()).length === 4)
      expect((await effects()).every(([, times]) => times === 1)).toBe(true)
    })
  })

  it('claims again when the store has thrown instead of answering', async () => {
    let asked = 0
    const subscriptions: typeof side.subscriptions = {
      ...side.subscriptions,
      claim: (...claim) => {
        asked += 1
        return asked === 1
          ? () => Promise.reject(new Error('thrown'))
          : side.subscriptions.claim(...claim)
      },
    }
    const [position] = await appendTicks(store, 'tick-1', 1)
    const run = running((signal) =>
      runSubscription<Tick>({
        name,
        from: fromStart,
        events: ticks,
        leaseDuration: 300,
        handle: () => TE.right(undefined),
      })({ ...side, subscriptions }, observed(signal)),
    )
    await until(position)
    expect(await run.stop()).toEqual(E.right(undefined))
  })

  it('leaves for good when it is stopped while a claim is under way', async () => {
    let answer: () => void = () => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    let asked = 0
    const subscriptions: typeof side.subscriptions = {
      ...side.subscriptions,
      claim: (...claim) =>
        pipe(
          TE.fromTask(() => {
            asked += 1
            return answered
          }),
          TE.flatMap(() => side.subscriptions.claim(...claim)),
        ),
    }
    const run = running((signal) =>
      runSubscription<Tick>({
        name,
        from: fromStart,
        events: ticks,
        partitions: 2,
        leaseDuration: 60_000,
        handle: () => TE.right(undefined),
      })({ ...side, subscriptions }, observed(signal)),
    )
    await eventually(() => asked > 0)
    const stopped = run.stop()
    answer()
    await stopped
    const { leases, share } = await right(side.subscriptions.claim(name, 'the next', 60_000))
    expect([leases.length, share]).toEqual([2, 2])
  })

  it('does nothing while it is paused, and continues where it was', async () => {
    const { seen } = collecting()
    const [first] = await appendTicks(store, 'tick-1', 1)
    await until(first)
    await right(side.operator.pause(name))
    await eventually(async () => {
      const [partition] = await right(side.operator.status(name))
      return partition?.state === 'paused' && partition.owner === undefined
    })
    const [second] = await appendTicks(store, 'tick-1', 2)
    const restarted = collecting()
    expect(await untilReached(name, second ?? 0, 400)(side)()).toMatchObject(
      E.left({ _tag: 'NotReachedYet', reached: first }),
    )
    await right(side.operator.unpause(name))
    await until(second)
    expect(places([...seen, ...restarted.seen])).toEqual(['tick-1:1', 'tick-1:2'])
  })

  it('says how far it has come when the time is over', async () => {
    await collecting().stop()
    expect(await untilReached(name, 99, 20)(side)()).toMatchObject(
      E.left({ _tag: 'NotReachedYet', wanted: 99, reached: 0 }),
    )
    expect(await untilReached('no such', 99, 20)(side)()).toMatchObject(
      E.left({ _tag: 'NotReachedYet', reached: undefined }),
    )
  })
}
