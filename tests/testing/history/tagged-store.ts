import * as E from 'fp-ts/Either'
import {
  type AppendCondition,
  type AppendRequest,
  boundaryConflict,
  type BoundaryQuery,
  type BoundaryStore,
  type EventStore,
  type StoredEvent,
} from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { matches } from '../../../src/core/boundary-query'

/** How a store of tagged events goes about it. Left out: soundly. */
export interface Ways {
  /** `before`: before it has its locks, as one statement for both does. `horizon`: only what lies up to it. */
  readonly check?: 'never' | 'before' | 'horizon'
  readonly locks?: false
  /** Whether the highest position that was read stands for what was seen. */
  readonly sight?: 'highest'
  /** Whether it reads only what nothing can precede any more. */
  readonly reads?: 'horizon'
}

/** An append that has not ended. */
interface Open {
  readonly shared: ReadonlyArray<string>
  readonly alone: ReadonlyArray<string>
  /** Its first position, once that was drawn. */
  from: number
}

interface Row {
  readonly event: StoredEvent
  readonly tags: ReadonlyArray<string>
}

const clash = (one: Open, other: Open): boolean =>
  one.alone.some((tag) => other.alone.includes(tag) || other.shared.includes(tag)) ||
  one.shared.some((tag) => other.alone.includes(tag))

/**
 * A small model of what a database does: positions are drawn before others can read what stands there, and writers go on
 * at the same time. Every stream has one append.
 *
 * @param turn - lets the others go on.
 */
export const taggedStore = (
  turn: () => Promise<void>,
  ways: Ways = {},
): EventStore & BoundaryStore => {
  const committed: Row[] = []
  const open = new Set<Open>()
  let drawn = 0

  const horizon = (): number => Math.min(drawn, ...[...open].map(({ from }) => from - 1))

  const found = (query: BoundaryQuery, after: number, upTo: number): ReadonlyArray<StoredEvent> =>
    committed
      .filter(({ event: { position, type }, tags }) => {
        return position > after && position <= upTo && matches(query, type, tags)
      })
      .map(({ event }) => event)
      .sort((left, right) => left.position - right.position)

  const met = ({ query, sight }: AppendCondition) => {
    if (ways.check === 'never') return E.right(undefined)
    const above = found(query, sight.after, ways.check === 'horizon' ? horizon() : Infinity)
    return above.length === sight.count
      ? E.right(undefined)
      : E.left(boundaryConflict(query, above.at(-1)?.position ?? 0))
  }

  const append = async (streams: ReadonlyArray<AppendRequest>, condition?: AppendCondition) => {
    const own: Open = {
      shared: streams.flatMap(({ events }) => events.flatMap(({ tags = [] }) => tags)),
      alone: (condition?.query ?? []).map(({ tags: [tag] }) => tag),
      from: Infinity,
    }
    const early = condition === undefined ? E.right(undefined) : met(condition)
    await turn()
    if (ways.locks !== false) while ([...open].some((other) => clash(own, other))) await turn()
    open.add(own)
    try {
      await turn()
      const late = condition === undefined ? E.right(undefined) : met(condition)
      const checked = ways.check === 'before' ? early : late
      if (E.isLeft(checked)) return checked
      await turn()
      own.from = drawn + 1
      const rows = streams.map(({ streamId, events }) =>
        events.map(({ tags = [], ...event }, index): Row => {
          drawn += 1
          const recorded = { streamId, version: index + 1, position: drawn, recordedAt: 0 }
          return { event: { ...event, ...recorded }, tags }
        }),
      )
      // A later one may be readable earlier.
      for (let turns = own.from % 4; turns < 5; turns++) await turn()
      committed.push(...rows.flat())
      return E.right({
        streams: rows.map((inStream) => ({
          version: inStream.length,
          positions: inStream.map(({ event }) => event.position),
          recordedAt: 0,
        })),
        sight: { after: rows.flat().at(-1)?.event.position ?? 0, count: 0 },
      })
    } finally {
      open.delete(own)
    }
  }

  return {
    ...memory().store,
    append: (request) => async () => {
      const answer = await append([request])
      if (E.isLeft(answer)) throw new Error('there was no condition')
      return E.right(answer.right.streams[0]!)
    },
    appendTogether:
      ({ streams, condition }) =>
      () =>
        append(streams, condition),
    readMatching: (query, { sight }) => {
      return () => {
        const [before, after] = [horizon(), sight?.after ?? 0]
        const events = found(query, after, ways.reads === 'horizon' ? before : Infinity)
        const upTo = Math.max(after, ways.sight === 'highest' ? (events.at(-1)?.position ?? 0) : before) // prettier-ignore
        const count = events.filter(({ position }) => position > upTo).length
        return Promise.resolve(E.right({ events, sight: { after: upTo, count }, more: false }))
      }
    },
    readAll: ({ after }) => {
      return () => {
        const upTo = horizon()
        const events = committed.map(({ event }) => event)
        events.sort((left, right) => left.position - right.position)
        const given = events.filter(({ position }) => position > after && position <= upTo)
        const page = { events: given, upTo, more: false, highest: drawn, lineage: 'model' }
        return Promise.resolve(E.right(page))
      }
    },
  }
}
