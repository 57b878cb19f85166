import * as E from 'fp-ts/Either'
import type { ShardedBackend } from '../../src/adapters/sharded/backend'
import type { EventStore } from '../../src/core/ports/event-store'
import type { StoredEvent } from '../../src/core/recorded-event'
import { checkHistory } from '../../src/testing/history/check-history'
import type { HistoryEntry } from '../../src/testing/history/entries'
import { recordedStore } from '../../src/testing/history/recorded-store'
import { historyRecorder } from '../../src/testing/history/recorder'
import { describeViolation } from '../../src/testing/history/violation'
import { aMark, anEvent, appendTo } from '../../src/testing/store-contract/fixtures'
import { eventually } from '../support/eventually'

const CATEGORY = 'load'
const PER_SHARD = 24

/** What the callers of one shard were answered. */
export interface Calls {
  readonly acknowledged: Map<string, string>
  readonly durations: number[]
  readonly failures: Map<string, number>
  /** When each was answered, in milliseconds. */
  readonly times: number[]
}

/** Callers of the streams that are on each of the shards in the end. */
export interface ShardLoad {
  readonly calls: ReadonlyArray<Calls>
  readonly acknowledged: () => number
  /** Lets nothing go on, whatever becomes of the commands in hand. */
  readonly stop: () => Promise<void>
  /** Lets every command in hand be accepted, and reads everything again. */
  readonly judge: () => Promise<ReadonlyArray<Judgement>>
}

/** What is left of the streams of one shard. */
export interface Judgement {
  readonly shard: number
  readonly acknowledged: number
  readonly lost: number
  readonly doubled: number
  readonly gaps: number
  readonly violations: ReadonlyArray<string>
  readonly failures: Readonly<Record<string, number>>
  readonly longestMs: number
  readonly longestPauseMs: number
  readonly p50: number
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** The commands of a shard, with the streams of a source: so positions are those of one order. */
const viewOf = <Transaction>(backend: ShardedBackend<Transaction>, shard: number): EventStore => ({
  ...backend.store,
  readAll: (range) => (backend.sources[shard] ?? backend.sources[0]).store.readAll(range),
})

const insist = <Answer>(call: () => Promise<E.Either<unknown, Answer>>): Promise<Answer> =>
  eventually(async () => {
    const answer = await call()
    return E.isRight(answer) ? { answer: answer.right } : undefined
  }, 60_000).then(({ answer }) => answer)

const everything = async (store: EventStore): Promise<ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  for (let after = 0, more = true; more;) {
    const page = await insist(store.readAll({ after, limit: 1_000, categories: [CATEGORY] }))
    events.push(...page.events)
    after = page.upTo
    more = page.more
  }
  return events
}

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((left, right) => left - right)
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10
}

/** Ids of streams, by the shard that they are on in the end. */
const idsFor = (
  shards: number,
  shardOf: (streamId: string) => number,
): ReadonlyArray<ReadonlyArray<string>> => {
  const ids = Array.from({ length: shards }, (): string[] => [])
  for (let number = 0; ids.some(({ length }) => length < PER_SHARD); number++) {
    const id = `${CATEGORY}-${number}`
    const own = ids[shardOf(id)]
    if (own !== undefined && own.length < PER_SHARD) own.push(id)
  }
  return ids
}

/**
 * Callers that append with an id, each until its answer is definite, and readers of the same streams.
 *
 * @param backends - one for each process.
 * @param shardOf - the shard that a stream is on in the end.
 */
export const startLoad = <Transaction>(
  backends: ReadonlyArray<ShardedBackend<Transaction>>,
  {
    callers,
    shards,
    shardOf,
    thinking = 0,
  }: {
    readonly callers: number
    /** How long a caller waits after each answer, in milliseconds. Default: not at all. */
    readonly thinking?: number
    readonly shards: number
    readonly shardOf: (streamId: string) => number
  },
): ShardLoad => {
  const ids = idsFor(shards, shardOf)
  const parts = ids.map((streams, shard) => {
    const entries: HistoryEntry[] = []
    const recorder = historyRecorder({ write: (entry) => entries.push(entry) })
    const calls: Calls = {
      acknowledged: new Map(),
      durations: [],
      failures: new Map(),
      times: [],
    }
    const storeFor = (name: string, index: number): EventStore =>
      recordedStore(
        recorder,
        name,
        viewOf(backends[index % backends.length] as ShardedBackend<Transaction>, shard),
      )
    return { shard, streams, entries, calls, storeFor }
  })
  let stopping = false
  let givingUp = false

  const caller = async (index: number): Promise<void> => {
    const { streams, calls, storeFor, shard } = parts[
      index % parts.length
    ] as (typeof parts)[number]
    const store = storeFor(`caller ${index}`, index)
    for (let count = 0; !stopping; count++) {
      const streamId = streams[(index * 7 + count) % streams.length] ?? ''
      const commandId = `c${shard}.${index}.${count}`
      const began = performance.now()
      for (;;) {
        const events = [anEvent({ index, count }, { commandId })]
        const answer = await store.append(
          appendTo(streamId, 'any', events, [aMark(commandId, 1)]),
        )()
        if (E.isRight(answer) || answer.left._tag === 'CommandAlreadyHandled') break
        const reason =
          answer.left._tag === 'StoreFailed'
            ? `${answer.left.reason}, ${answer.left.outcome}`
            : answer.left._tag
        calls.failures.set(reason, (calls.failures.get(reason) ?? 0) + 1)
        if (givingUp) return
        await pause(20)
      }
      calls.times.push(performance.now())
      calls.durations.push(performance.now() - began)
      calls.acknowledged.set(commandId, streamId)
      if (thinking > 0) await pause(thinking)
    }
  }
  const reader = async (index: number): Promise<void> => {
    const { streams, storeFor } = parts[index % parts.length] as (typeof parts)[number]
    const store = storeFor(`reader ${index}`, index)
    for (let count = 0; !stopping; count++) {
      const streamId = streams[(index * 11 + count) % streams.length] ?? ''
      await store.load({ streamId, after: 0, limit: 100_000 })()
      await pause(250) // each answer is kept, and judged
    }
  }
  const working = Promise.all([
    ...Array.from({ length: callers }, (_, index) => caller(index)),
    ...parts.map((_, index) => reader(index)),
  ])

  return {
    calls: parts.map(({ calls }) => calls),
    acknowledged: () => parts.reduce((sum, { calls }) => sum + calls.acknowledged.size, 0),
    stop: async () => {
      stopping = true
      givingUp = true
      await working
    },
    judge: async () => {
      stopping = true
      await working
      const judgements: Judgement[] = []
      for (const { shard, streams, entries, calls, storeFor } of parts) {
        const last = storeFor('the last reader', 0)
        const own = new Set(streams)
        const events = (await everything(last)).filter(({ streamId }) => own.has(streamId))
        for (const streamId of streams) {
          await insist(last.load({ streamId, after: 0, limit: 1_000_000 }))
        }
        const copies = new Map<string, number>()
        const versions = new Map<string, number>()
        let gaps = 0
        for (const { streamId, version, metadata } of events) {
          const id = metadata.commandId ?? ''
          copies.set(id, (copies.get(id) ?? 0) + 1)
          if (version !== (versions.get(streamId) ?? 0) + 1) gaps += 1
          versions.set(streamId, version)
        }
        const pauses = calls.times.map((time, index) => time - (calls.times[index - 1] ?? time))
        judgements.push({
          shard,
          acknowledged: calls.acknowledged.size,
          lost: [...calls.acknowledged.keys()].filter((id) => !copies.has(id)).length,
          doubled: [...copies.values()].filter((number) => number > 1).length,
          gaps,
          violations: checkHistory(entries).slice(0, 3).map(describeViolation),
          failures: Object.fromEntries(calls.failures),
          longestMs: Math.round(calls.durations.reduce((most, one) => Math.max(most, one), 0)),
          longestPauseMs: Math.round(pauses.reduce((most, one) => Math.max(most, one), 0)),
          p50: median(calls.durations),
        })
      }
      return judgements
    },
  }
}

/** What no fault may do. */
export const UNHARMED = { lost: 0, doubled: 0, gaps: 0, violations: [] }
