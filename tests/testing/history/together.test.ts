import * as E from 'fp-ts/Either'
import { type BoundaryStore, type EventStore, storeFailed } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import {
  checkHistory,
  type HistoryEntry,
  historyRecorder,
  type Random,
  recordedBoundaries,
  recordedStore,
  scheduler,
  seededRandom,
} from 'reprise/testing'
import { newEvent } from '../../support/tally'
import { scaled } from '../../support/workers'

/** `REPRISE_HISTORIES=2000` for the full size. */
const HISTORIES = scaled('REPRISE_HISTORIES', 20)

type Store = EventStore & BoundaryStore

const lost = storeFailed('ConnectionLost', 'unknown', undefined)

/** Loses one answer in ten: before its effect, or after it. */
const withLosses = (random: Random, store: Store): Store => ({
  ...store,
  appendTogether: (request) => async () => {
    if (random.chance(0.05)) return E.left(lost)
    const answer = await store.appendTogether(request)()
    return random.chance(0.05) ? E.left(lost) : answer
  },
})

const STREAMS = ['one', 'two', 'three', 'four'].map((name) => `tally-${name}`)

/** What clients are told that append to two or three of four streams, and read them in between. */
const historyOf = async (seed: number, storeOf: (random: Random) => Store) => {
  const random = seededRandom(seed)
  const entries: HistoryEntry[] = []
  const recorder = historyRecorder({ write: (entry) => entries.push(entry), now: () => 0 })
  const { scheduled, run } = scheduler(random)
  const shared = storeOf(random)
  await run(async () => {
    const client = async (name: string): Promise<void> => {
      const port = scheduled(withLosses(random, shared))
      const store = {
        ...recordedStore(recorder, name, port),
        ...recordedBoundaries(recorder, name, port),
      }
      for (let turn = 0; turn < 12; turn++) {
        const chosen = STREAMS.filter(() => random.chance(0.6))
        const streams = []
        for (const streamId of chosen) {
          const loaded = await store.load({ streamId, after: 0, limit: 1_000 })()
          const version = E.isRight(loaded) ? loaded.right.version : 0
          const events = random.chance(0.2) ? [] : [newEvent(), newEvent()]
          const commands = random.chance(0.5)
            ? [{ commandId: `${name}-${turn}`, skip: 0, eventCount: events.length }]
            : []
          const expectedVersion = random.chance(0.3) ? 'any' : version
          streams.push({ streamId, expectedVersion, events, commands } as const)
        }
        if (streams.length === 0) continue
        await store.appendTogether({ streams })()
        for (const streamId of chosen) {
          await store.load({ streamId, after: 0, limit: 1_000, commandId: `${name}-${turn}` })()
        }
      }
      for (const streamId of STREAMS) await store.load({ streamId, after: 0, limit: 1_000 })()
    }
    await Promise.all(['a', 'b', 'c'].map(client))
  })
  return checkHistory(entries).map(({ promise }) => promise)
}

/** Each of them is changed on its way to a sound store. */
const changed = (
  change: (store: Store, random: Random) => BoundaryStore['appendTogether'],
): ((random: Random) => Store) => {
  return (random) => {
    const { store } = memory()
    return { ...store, appendTogether: change(store, random) }
  }
}

const defects: ReadonlyArray<readonly [string, (random: Random) => Store, string]> = [
  [
    'stores one stream after another, and stops when its connection is lost',
    changed((store, random) => (request) => async () => {
      const streams = []
      for (const part of request.streams) {
        if (streams.length > 0 && random.chance(0.1)) return E.left(lost)
        const answer = await store.appendTogether({ streams: [part] })()
        if (E.isLeft(answer)) return answer
        streams.push(...answer.right.streams)
      }
      return E.right({ streams })
    }),
    'AppendTornApart',
  ],
  [
    'stores what fits, and says that it has stored nothing',
    changed((store) => (request) => async () => {
      const answer = await store.appendTogether(request)()
      if (E.isRight(answer) || answer.left._tag !== 'VersionConflicts') return answer
      const missed = new Set(answer.left.streams.map(({ streamId }) => streamId))
      await store.appendTogether({
        streams: request.streams.filter(({ streamId }) => !missed.has(streamId)),
      })()
      return answer
    }),
    'RefusedEventStored',
  ],
  [
    'does not look at the streams to which nothing is added',
    changed(
      (store) => (request) =>
        store.appendTogether({
          streams: request.streams.map((part) =>
            part.events.length > 0 ? part : { ...part, expectedVersion: 'any' as const },
          ),
        }),
    ),
    'ExpectationIgnored',
  ],
  [
    'remembers the commands of the first stream only',
    changed(
      (store) => (request) =>
        store.appendTogether({
          streams: request.streams.map((part, index) =>
            index === 0 ? part : { ...part, commands: [] },
          ),
        }),
    ),
    'CommandForgotten',
  ],
]

describe('the history of appends to several streams', () => {
  it('never accuses a sound store, whatever answers are lost', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const found = await historyOf(seed, () => memory().store)
      expect({ seed, found }).toEqual({ seed, found: [] })
    }
  }, 600_000)

  it.each(defects)('finds a store that %s', async (_title, storeOf, promise) => {
    const found = new Set<string>()
    for (let seed = 1; seed <= 40 && !found.has(promise); seed++) {
      for (const each of await historyOf(seed, storeOf)) found.add(each)
    }
    expect([...found]).toContain(promise)
  })
})
