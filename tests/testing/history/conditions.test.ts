import * as E from 'fp-ts/Either'
import {
  type BoundaryQuery,
  type BoundaryStore,
  type EventStore,
  type Sight,
  storeFailed,
} from 'reprise/adapter'
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
  type TransactionEnd,
} from 'reprise/testing'
import { shareOf } from '../../../src/testing/history/entries'
import { newEvent } from '../../support/tally'
import { scaled } from '../../support/workers'
import { taggedStore, type Ways } from './tagged-store'

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

const tagged = (type: string, ...tags: ReadonlyArray<string>) => ({ ...newEvent(), type, tags })

const CLIENTS = ['a', 'b', 'c', 'd', 'e']

/** What clients are told that book two courses on conditions, and note things without any. */
const historyOf = async (seed: number, ways?: Ways): Promise<ReadonlyArray<string>> => {
  const random = seededRandom(seed)
  const entries: HistoryEntry[] = []
  const recorder = historyRecorder({ write: (entry) => entries.push(entry), now: () => 0 })
  const { scheduled, turn, run } = scheduler(random)
  const shared = taggedStore(turn, ways)
  const portOf = (name: string): Store => {
    const port = scheduled(withLosses(random, shared))
    return { ...recordedStore(recorder, name, port), ...recordedBoundaries(recorder, name, port) }
  }
  const client = async (name: string): Promise<void> => {
    const store = portOf(name)
    const seen = new Map<string, Sight>()
    for (let number = 0; number < 12; number++) {
      const [course, student] = [`course:${random.below(2)}`, `student:${random.below(3)}`]
      const part = (of: string, type: string, ...tags: ReadonlyArray<string>) => ({
        streamId: `seat-${name}${number}${of}`,
        expectedVersion: 'any' as const,
        events: [tagged(type, ...tags)],
        commands: [],
      })
      if (random.chance(0.5)) {
        await store.append(part('note', random.pick(['Noted', 'Closed', 'Closed']), course))()
        continue
      }
      const query: BoundaryQuery = [
        { tags: [course], types: ['Booked', 'Closed'] },
        { tags: [student] },
      ]
      // Half of the time from memory, as a boundary does.
      let sight = random.chance(0.5) ? seen.get(course + student) : undefined
      if (sight === undefined) {
        const read = await store.readMatching(query, { limit: 1_000 })()
        if (E.isRight(read)) sight = read.right.sight
      }
      if (sight === undefined) continue
      const streams = [part('one', 'Booked', course, student)]
      if (random.chance(0.3)) streams.push(part('two', 'Paid', student))
      const answer = await store.appendTogether({ streams, condition: { query, sight } })()
      if (E.isRight(answer) && answer.right.sight) seen.set(course + student, answer.right.sight)
      else seen.delete(course + student)
    }
  }
  await run(async () => {
    await Promise.all(CLIENTS.map(client))
    await portOf('last').readAll({ after: 0, limit: 1_000 })()
  })
  return checkHistory(entries).map(({ promise }) => promise)
}

const defects: ReadonlyArray<readonly [string, Ways, string]> = [
  ['stores whatever the condition says', { check: 'never' }, 'ConditionIgnored'],
  ['takes no locks', { locks: false }, 'ConditionIgnored'],
  ['checks before it has the locks', { check: 'before' }, 'ConditionIgnored'],
  ['takes the highest position for what was seen', { sight: 'highest' }, 'EventSkipped'],
  ['checks up to the horizon', { reads: 'horizon', check: 'horizon' }, 'ConditionIgnored'],
  ['reads up to the horizon', { reads: 'horizon' }, 'StaleAnswer'],
]

describe('the history of appends on conditions', () => {
  it('never accuses a sound store, whatever answers are lost', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      expect({ seed, found: await historyOf(seed) }).toEqual({ seed, found: [] })
    }
  }, 600_000)

  it.each(defects)('finds a store that %s', async (_title, ways, promise) => {
    const found = new Set<string>()
    for (let seed = 1; seed <= 60 && !found.has(promise); seed++) {
      for (const each of await historyOf(seed, ways)) found.add(each)
    }
    expect([...found]).toContain(promise)
  })
})

describe('the history of a transaction of the caller', () => {
  /** An append that is answered inside, and is not there afterwards. */
  const foundWhen = async (end: TransactionEnd): Promise<ReadonlyArray<string>> => {
    const entries: HistoryEntry[] = []
    const recorder = historyRecorder({ write: (entry) => entries.push(entry) })
    let finish: (how: TransactionEnd) => void = () => undefined
    const ended = new Promise<TransactionEnd>((resolve) => (finish = resolve))
    const [inside, outside] = [memory().store, memory().store]
    const stored = { streamId: 'tally-one', expectedVersion: 'any', commands: [] } as const
    const append = recordedStore(recorder.within(ended), 'inside', inside).append
    await append({ ...stored, events: [newEvent()] })()
    const reader = recordedStore(recorder, 'outside', outside)
    await reader.load({ streamId: 'tally-one', after: 0, limit: 10 })()
    finish(end)
    await ended
    await new Promise(setImmediate)
    await reader.load({ streamId: 'tally-one', after: 0, limit: 10 })()
    return checkHistory(entries).map(({ promise }) => promise)
  }

  it('holds what it was told against the store only if it was committed', async () => {
    expect(await foundWhen('rolledBack')).toEqual([])
    expect(await foundWhen('unknown')).toEqual([])
    expect(await foundWhen('committed')).not.toEqual([])
  })
})

describe('a history that is judged in several passes', () => {
  it('knows what came first, also of streams of different passes', () => {
    const idOf = (rest: number): string => {
      for (let number = 0; ; number++) {
        if (parseInt(shareOf(`tally-${number}`), 16) % 2 === rest) return `tally-${number}`
      }
    }
    const [one, other] = [idOf(0), idOf(1)]
    const ask = (call: number, streamId: string, asked: object): HistoryEntry =>
      ({ of: shareOf(streamId), call, at: call, client: 'one', asked }) as HistoryEntry
    const told = (call: number, streamId: string, answer: object): HistoryEntry =>
      ({ of: shareOf(streamId), call, at: call, answer }) as HistoryEntry
    const load = (call: number, streamId: string, version: number) => [
      ask(call, streamId, { _tag: 'State', streamId, cached: false }),
      told(call, streamId, { _tag: 'StateFound', version }),
    ]
    const sent = (streamId: string, unit: string) => ({
      _tag: 'Append',
      streamId,
      expectedVersion: 'any',
      events: [{ id: streamId, type: 'Tallied', data: {}, digest: 1 }],
      commands: [],
      unit,
    })
    const stored = (position: number) => ({ _tag: 'Appended', version: 1, positions: [position] })
    function* read(skip: (share: string) => boolean): Generator<HistoryEntry> {
      const given = (entries: ReadonlyArray<HistoryEntry>) => entries.filter(({ of }) => !skip(of))
      // Its pass has many more lines than the other one's: answers to calls of another history.
      const filler = told(0, other, {})
      for (let line = 0; line < 600_000; line++) if (!skip(filler.of)) yield filler
      yield* given(load(4, other, 0))
      yield* given([
        ask(1, one, sent(one, one)),
        ask(2, other, sent(other, one)),
        told(1, one, stored(1)),
        told(2, other, { _tag: 'Unknown', reason: 'lost' }),
      ])
      yield* given(load(3, one, 1))
    }
    expect(checkHistory({ read }).map(({ promise }) => promise)).toEqual([])
  })
})
