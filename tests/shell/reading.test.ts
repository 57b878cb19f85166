import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'io-ts'
import { type Notice, openCategory, snapshotWhen } from 'reprise'
import { stateCodec } from 'reprise/codec'
import { type EventStore } from 'reprise/adapter'
import { add, counter, type CounterEvent } from '../support/counter'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

interface EventsOf {
  readonly events: ReadonlyArray<{ readonly event: CounterEvent }>
  readonly more: boolean
}

const amounts = ({ events, more }: EventsOf) => [
  events.map(({ event }) => ('amount' in event ? event.amount : undefined)),
  more,
]

describe.each(stores)('reading on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const elsewhere = () => openCategory(counter, { store: at.second })
  const empty = { state: { total: 0, events: 0 }, version: 0 }

  it('gives the initial state of a stream that was never written to', async () => {
    const counters = openCategory(counter, at)
    expect(await right(counters.load(freshId()))).toEqual(empty)
    expect(await right(counters.cached(freshId()))).toEqual(empty)
  })

  it('fetches what others have written, and gets what is in memory', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1)))
    await right(elsewhere().handleCommand(id, add(2)))
    expect(await right(counters.cached(id))).toMatchObject({ version: 1 })
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 3 }, version: 2 })
    expect(await right(counters.cached(id))).toMatchObject({ version: 2 })
  })

  it('gives the events of a stream, up to a version and backwards, decoded', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1, 2, 3)))
    await right(elsewhere().handleCommand(id, add(4)))
    expect(amounts(await right(counters.events(id)))).toEqual([[1, 2, 3, 4], false])
    expect(amounts(await right(counters.events(id, { upTo: 3, limit: 2 })))).toEqual([[1, 2], true])
    const newest = await right(counters.eventsBackwards(id, { limit: 2 }))
    expect(amounts(newest)).toEqual([[4, 3], true])
    const before = newest.events.at(-1)?.version ?? 0
    expect(amounts(await right(counters.eventsBackwards(id, { before })))).toEqual([[2, 1], false])
    expect(newest.events[0]).toMatchObject({ streamId: `counter-${id}`, version: 4, metadata: {} })
    expect(await right(counters.version(id))).toEqual({ version: 4 })
    expect(await right(counters.version(freshId()))).toEqual({ version: 0 })
    expect(await left(counters.events(id, { upTo: -1 }))).toMatchObject({ _tag: 'InvalidQuery' })
    expect(await left(counters.version(''))).toMatchObject({ _tag: 'InvalidStreamId' })
  })

  it('replays to any version that was reached', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1, 2, 3, 4)))
    const totals = await Promise.all(
      [0, 1, 2, 3, 4].map(
        async (version) => (await right(counters.replayTo(id, version))).state.total,
      ),
    )
    expect(totals).toEqual([0, 1, 3, 6, 10])
    expect(await left(counters.replayTo(id, 5))).toMatchObject({
      _tag: 'VersionNotReached',
      version: 5,
      actual: 4,
    })
    expect(await left(counters.replayTo(id, Number.NaN))).toMatchObject({
      _tag: 'VersionNotReached',
    })
  })

  it('replays by version, not by clock', async () => {
    const id = freshId()
    const times = [50, 10, 40, 20]
    const scrambled: EventStore = {
      ...at.store,
      read: (streamId, range) =>
        pipe(
          at.store.read(streamId, range),
          TE.map((page) => ({
            ...page,
            events: page.events.map((event) => ({
              ...event,
              recordedAt: times[event.version - 1] ?? 0,
            })),
          })),
        ),
    }
    const counters = openCategory(counter, { store: scrambled })
    await right(counters.handleCommand(id, add(1, 2, 3, 4)))
    expect(await right(counters.replayTo(id, 2))).toMatchObject({ state: { total: 3 } })
    expect(await right(counters.asOf(id, 5))).toEqual(empty)
    expect(await right(counters.asOf(id, 60))).toMatchObject({ state: { total: 10 }, version: 4 })
  })

  it('gives the state as of a time', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const { events } = await right(counters.handleCommand(id, add(1)))
    const first = events[0]?.recordedAt ?? 0
    let later = first
    while (later === first) {
      const next = await right(counters.handleCommand(id, add(1)))
      later = next.events[0]?.recordedAt ?? 0
    }
    expect((await right(counters.asOf(id, first))).version).toBeLessThan(
      (await right(counters.asOf(id, later))).version,
    )
    expect(await right(counters.asOf(id, first - 1))).toEqual(empty)
    expect(await right(counters.asOf(id, Number.NaN))).toEqual(empty)
  })

  it('reads a stream that is longer than a page', async () => {
    const [counters, id] = [openCategory(counter, at, { pageSize: 7 }), freshId()]
    await right(counters.handleCommand(id, add(...Array.from({ length: 50 }, () => 1))))
    await counters.snapshotsSettled()
    const { snapshots: _snapshots, ...withoutSnapshots } = counter
    const fresh = openCategory(withoutSnapshots, { store: at.second }, { pageSize: 7 })
    expect(await right(fresh.load(id))).toMatchObject({ state: { total: 50 }, version: 50 })
    expect(await right(counters.replayTo(id, 49))).toMatchObject({ state: { total: 49 } })
    expect(await right(counters.asOf(id, Infinity))).toMatchObject({ state: { total: 50 } })
  })

  it('makes ids that strictly increase', () => {
    const counters = openCategory(counter, at)
    const ids = Array.from({ length: 10_000 }, () => counters.newId())
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe.each(stores)('snapshots on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const loads = (store: EventStore) => {
    const events: number[] = []
    const load: EventStore['load'] = (request) => async () => {
      const loaded = await store.load(request)()
      if (E.isRight(loaded)) events.push(loaded.right.events.length)
      return loaded
    }
    return { events, store: { ...store, load } }
  }

  it('are taken when the policy says so, and spare the events before them', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    for (let n = 0; n < 12; n++) await right(counters.handleCommand(id, add(1)))
    await counters.snapshotsSettled()
    const { events, store } = loads(at.second)
    const fresh = openCategory(counter, { store })
    expect(await right(fresh.load(id))).toMatchObject({ state: { total: 12 }, version: 12 })
    expect(events).toEqual([2])
  })

  it('do not keep the caller waiting, and their failure is reported', async () => {
    const notices: Notice[] = []
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: EventStore = {
      ...at.store,
      saveSnapshot: () => async () => {
        await gate
        return E.left({
          _tag: 'StoreFailed',
          reason: 'Unavailable',
          outcome: 'nothingWritten',
          cause: undefined,
          message: 'down',
        })
      },
    }
    const onNotice = (notice: Notice) => notices.push(notice)
    const counters = openCategory(counter, { store: slow }, { onNotice })
    const id = freshId()
    await right(counters.handleCommand(id, add(...Array.from({ length: 10 }, () => 1))))
    expect(notices).toEqual([])
    release()
    await counters.snapshotsSettled()
    expect(notices).toMatchObject([{ _tag: 'SnapshotFailed', error: { _tag: 'StoreFailed' } }])
  })

  it('can be taken at once', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1, 2)))
    expect(await right(counters.snapshot(id))).toMatchObject({ version: 2 })
    const { events, store } = loads(at.second)
    await right(openCategory(counter, { store }).load(id))
    expect(events).toEqual([0])
  })

  it('cannot be taken of nothing, nor where none are declared', async () => {
    const counters = openCategory(counter, at)
    expect(await left(counters.snapshot(freshId()))).toMatchObject({ _tag: 'SnapshotImpossible' })
    const { snapshots: _snapshots, ...without } = counter
    const id = freshId()
    await right(counters.handleCommand(id, add(1)))
    expect(await left(openCategory(without, at).snapshot(id))).toMatchObject({
      _tag: 'SnapshotImpossible',
    })
  })

  it('of another schema version are not read: the stream is replayed', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1, 2)))
    await right(counters.snapshot(id))
    const newer = {
      ...counter,
      snapshots: {
        policy: snapshotWhen(() => false),
        state: stateCodec(2, t.strict({ total: t.number, events: t.number })),
      },
    }
    const { events, store } = loads(at.second)
    expect(await right(openCategory(newer, { store }).load(id))).toMatchObject({
      state: { total: 3 },
    })
    expect(events).toEqual([2])
  })

  it('that do not decode are ignored, and that is reported', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1, 2)))
    const snapshot = { streamId: `counter-${id}`, version: 2, schemaVersion: 1, state: 'rubbish' }
    await right(at.store.saveSnapshot(snapshot))
    const notices: Notice[] = []
    const onNotice = (notice: Notice) => notices.push(notice)
    const fresh = openCategory(counter, { store: at.second }, { onNotice })
    expect(await right(fresh.load(id))).toMatchObject({ state: { total: 3 }, version: 2 })
    expect(notices).toMatchObject([{ _tag: 'SnapshotIgnored', version: 2 }])
  })

  it('are not taken by a policy that throws, and that is reported', async () => {
    const notices: Notice[] = []
    const policy = snapshotWhen(() => {
      throw new Error('no policy')
    })
    const counters = openCategory(
      // @ts-expect-error -- the state codec is there
      { ...counter, snapshots: { ...counter.snapshots, policy } },
      at,
      { onNotice: (notice) => notices.push(notice) },
    )
    expect(await right(counters.handleCommand(freshId(), add(1)))).toMatchObject({ version: 1 })
    expect(notices).toMatchObject([{ _tag: 'SnapshotFailed' }])
  })
})
