import * as E from 'fp-ts/Either'
import { memory } from '../../../src/adapters/memory/backend'
import { type BoundaryQuery, type QueryItem } from '../../../src/core/boundary-query'
import { boundaryConflict } from '../../../src/core/errors/conflict'
import type { NewEvent } from '../../../src/core/recorded-event'
import type { BoundaryStore } from '../../../src/core/ports/boundary-store'
import type { EventStore } from '../../../src/core/ports/event-store'
import { tick } from './broken-store'
import type { BrokenBoundaryStore } from './together'

type Store = EventStore & BoundaryStore

const changed = (change: (store: Store) => Partial<Store>): Store => {
  const { store } = memory()
  return { ...store, ...change(store) }
}

const eachItem = (query: BoundaryQuery, change: (item: QueryItem) => QueryItem): BoundaryQuery =>
  query.map(change) as unknown as BoundaryQuery

/** Reads and checks another query than the one that is given. */
const asking = (change: (query: BoundaryQuery) => BoundaryQuery): Store =>
  changed((store) => ({
    readMatching: (query, range) => store.readMatching(change(query), range),
    appendTogether: ({ streams, condition }) =>
      store.appendTogether({
        streams,
        ...(condition === undefined
          ? {}
          : { condition: { ...condition, query: change(condition.query) } }),
      }),
  }))

const changing = (change: (event: NewEvent) => NewEvent): Store =>
  changed((store) => ({
    append: (request) => store.append({ ...request, events: request.events.map(change) }),
  }))

export const brokenConditions: ReadonlyArray<BrokenBoundaryStore> = [
  {
    // As one that takes no lock does, or one whose snapshot is older than its lock.
    defect: 'checks the condition, and appends a moment later',
    store: () =>
      changed((store) => ({
        appendTogether: (request) => async () => {
          const { condition, streams } = request
          if (condition === undefined) return store.appendTogether(request)()
          const { query, sight } = condition
          const read = await store.readMatching(query, { limit: 100_000 })()
          if (E.isLeft(read)) return store.appendTogether(request)()
          const above = read.right.events.filter(({ position }) => position > sight.after)
          if (above.length !== sight.count || read.right.sight.after < sight.after) {
            return E.left(boundaryConflict(query, above.at(-1)?.position ?? 0))
          }
          await tick()
          return store.appendTogether({ streams })()
        },
      })),
    noticedBy: [
      'races on conditions: are won by exactly one of ten that have seen the same',
      'races on conditions: let only one win of two that each write what the other one has looked at',
      'races on conditions: give no seat of a course twice, and no student a third one',
      'races on conditions: let nothing in after an append without a condition that forbids it',
    ],
  },
  {
    defect: 'checks the conditions of all that arrive together, and then stores them',
    store: () =>
      changed((store) => {
        let group: Promise<unknown> | undefined
        return {
          appendTogether: (request) => async () => {
            const { condition, streams } = request
            if (condition === undefined) return store.appendTogether(request)()
            group ??= tick().finally(() => {
              group = undefined
            })
            const gathered = group
            const empty = streams.map((stream) => ({ ...stream, events: [], commands: [] }))
            const met = await store.appendTogether({ streams: empty, condition })()
            if (E.isLeft(met)) return met
            await gathered
            return store.appendTogether({ streams })()
          },
        }
      }),
    noticedBy: [
      'many appends to several streams at the same moment: see each other: what is asked for is added once',
    ],
  },
  {
    defect: 'lets one that shares a statement fail for the others',
    store: () =>
      changed((store) => {
        let failing: E.Either<never, never> | undefined
        return {
          appendTogether: (request) => async () => {
            await tick()
            const answer = failing ?? (await store.appendTogether(request)())
            if (E.isLeft(answer)) {
              failing = answer as never
              void tick().then(() => {
                failing = undefined
              })
            }
            return answer
          },
        }
      }),
    noticedBy: [
      'many appends to several streams at the same moment: are each stored or refused for what is wrong with themselves',
    ],
  },
  {
    defect: 'ignores the condition',
    store: () =>
      changed((store) => ({
        appendTogether: ({ streams }) => store.appendTogether({ streams }),
      })),
    noticedBy: [
      'conditions: do not hold once something has come that matches, by whichever append',
      'conditions: do not hold on a sight of something that the store has never had',
    ],
  },
  {
    defect: 'judges no condition where nothing is added',
    store: () =>
      changed((store) => ({
        appendTogether: ({ streams, condition }) =>
          store.appendTogether({
            streams,
            ...(condition === undefined || streams.every(({ events }) => events.length === 0)
              ? {}
              : { condition }),
          }),
      })),
    noticedBy: ['conditions: are judged where nothing is added, too'],
  },
  {
    defect: 'ignores types',
    store: () => asking((query) => eachItem(query, ({ tags }) => ({ tags }))),
    noticedBy: [
      'what matches a query: has all tags and one of the types of one of its items, each event once',
      'conditions: hold while nothing has come that matches, and whatever else has',
    ],
  },
  {
    defect: 'looks at the first tag of an item only',
    store: () =>
      asking((query) => eachItem(query, ({ tags: [tag], ...item }) => ({ ...item, tags: [tag] }))),
    noticedBy: [
      'what matches a query: has all tags and one of the types of one of its items, each event once',
      'conditions: hold while nothing has come that matches, and whatever else has',
    ],
  },
  {
    defect: 'looks at the first item only',
    store: () => asking(([first]) => [first]),
    noticedBy: [
      'what matches a query: has all tags and one of the types of one of its items, each event once',
      'conditions: do not hold once something has come that matches, by whichever append',
    ],
  },
  {
    defect: 'counts an event for each item that it matches',
    store: () =>
      changed((store) => ({
        appendTogether: (request) => async () => {
          const { condition } = request
          if (condition === undefined) return store.appendTogether(request)()
          const { query, sight } = condition
          let count = 0
          for (const item of query) {
            const read = await store.readMatching([item], { limit: 1_000 })()
            if (E.isRight(read)) {
              count += read.right.events.filter(({ position }) => position > sight.after).length
            }
          }
          return count === sight.count
            ? store.appendTogether(request)()
            : E.left(boundaryConflict(query, 0))
        },
      })),
    noticedBy: ['conditions: count an event once that matches two items'],
  },
  {
    defect: 'only looks whether there are more than were seen',
    store: () =>
      changed((store) => ({
        appendTogether: (request) => async () => {
          const answer = await store.appendTogether(request)()
          if (E.isRight(answer) || answer.left._tag !== 'BoundaryConflict') return answer
          const { query, sight } = request.condition ?? { query: answer.left.query, sight: null }
          const read = await store.readMatching(query, { limit: 1_000 })()
          const above = E.isRight(read)
            ? read.right.events.filter(({ position }) => position > (sight?.after ?? 0)).length
            : Infinity
          return above <= (sight?.count ?? 0)
            ? store.appendTogether({ streams: request.streams })()
            : answer
        },
      })),
    noticedBy: [
      'conditions: hold on a count above any position up to which nothing was missed',
      'conditions: do not hold on a sight of something that the store has never had',
    ],
  },
  {
    defect: 'says that nothing has been seen since an append',
    store: () =>
      changed((store) => ({
        appendTogether: (request) => async () => {
          const answer = await store.appendTogether(request)()
          return E.isRight(answer) && request.condition !== undefined
            ? E.right({ ...answer.right, sight: request.condition.sight })
            : answer
        },
      })),
    noticedBy: ['conditions: need no read after an append: it says what has been seen since'],
  },
  {
    defect: 'forgets what it has read when it reads on',
    store: () =>
      changed((store) => ({
        readMatching: (query, { limit }) => store.readMatching(query, { limit }),
      })),
    noticedBy: ['what matches a query: is read on from a sight'],
  },
  {
    defect: 'stores the tags of appends to several streams only',
    store: () => changing(({ tags: _tags, ...event }) => event),
    noticedBy: [
      'what matches a query: comes in the order of positions, from all streams, in pages of any size',
      'conditions: do not hold once something has come that matches, by whichever append',
    ],
  },
  {
    defect: 'takes a query with an item without a tag',
    store: () =>
      changed((store) => ({
        readMatching: (query, range) => {
          const known = query.filter(({ tags }) => tags.length > 0)
          return store.readMatching(known as unknown as BoundaryQuery, range)
        },
        appendTogether: ({ streams, condition }) => {
          const known = condition?.query.filter(({ tags }) => tags.length > 0) ?? []
          return store.appendTogether({
            streams,
            ...(condition === undefined
              ? {}
              : { condition: { ...condition, query: known as unknown as BoundaryQuery } }),
          })
        },
      })),
    noticedBy: [
      'what matches a query: is not read for an invalid query: an item without a tag',
      'conditions: are rejected, and nothing is stored: an item without a tag',
    ],
  },
  {
    // Events that match by one tag of an item instead of all of them.
    defect: 'finds events with any tag of an item',
    store: () =>
      asking(
        (query) =>
          query.flatMap(({ tags, ...item }) =>
            tags.map((tag) => ({ ...item, tags: [tag] })),
          ) as unknown as BoundaryQuery,
      ),
    noticedBy: [
      'what matches a query: has all tags and one of the types of one of its items, each event once',
    ],
  },
  {
    defect: 'decides without the locks',
    store: () =>
      changed((store) => ({
        appendLocked: (_likely, decide) => async () => {
          const decided = await decide(store.readMatching)()
          await tick()
          return E.isLeft(decided) ? decided : store.appendTogether(decided.right)()
        },
      })),
    noticedBy: [
      'appends that lock first: are not overtaken, whatever comes while it is decided',
      'appends that lock first: are decided one after another, each on what the one before has stored',
    ],
  },
  {
    defect: 'reads before it has the locks',
    store: () =>
      changed((store) => ({
        appendLocked: (likely, decide) => async () => {
          const query = likely.condition?.query ?? [{ tags: ['none'] }]
          const read = await store.readMatching(query, { limit: 1_000 })()
          return store.appendLocked(likely, () => decide(() => () => Promise.resolve(read)))()
        },
      })),
    noticedBy: [
      'appends that lock first: are decided one after another, each on what the one before has stored',
    ],
  },
  {
    defect: 'appends what was likely when it is decided that nothing comes',
    store: () =>
      changed((store) => ({
        appendLocked: (likely, decide) => async () => {
          const answer = await store.appendLocked(likely, decide)()
          if (E.isLeft(answer)) await store.appendTogether(likely)()
          return answer
        },
      })),
    noticedBy: [
      'appends that lock first: store nothing when it is decided that nothing comes, and let others in',
    ],
  },
  {
    defect: 'keeps its locks when it is decided that nothing comes',
    store: () => {
      const { store } = memory()
      let held: Promise<unknown> = Promise.resolve()
      return {
        ...store,
        append: (request) => () => held.then(() => store.append(request)()),
        appendLocked: (likely, decide) => async () => {
          const answer = await store.appendLocked(likely, decide)()
          if (E.isLeft(answer)) held = Promise.reject(new Error('it is locked'))
          held.catch(() => undefined)
          return answer
        },
      }
    },
    noticedBy: [
      'appends that lock first: store nothing when it is decided that nothing comes, and let others in',
      'appends that lock first: are rejected if they are invalid, before and after it is decided',
    ],
  },
  {
    defect: 'takes no notice of the condition once it has the locks',
    store: () =>
      changed((store) => ({
        appendLocked: (likely, decide) =>
          store.appendLocked(likely, (readMatching) => async () => {
            const decided = await decide(readMatching)()
            return E.isLeft(decided) ? decided : E.right({ streams: decided.right.streams })
          }),
      })),
    noticedBy: [
      'appends that lock first: do not hold a condition that something has come for, even so',
    ],
  },
]
