import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { ProjectionBuild } from '../../../src/core/ports/projection-store'
import { type BrokenReadSide, changing, projectionsThat } from './broken-read-side'
import { tick } from './broken-store'

/** Projection stores with a defect each. */
export const brokenProjections: ReadonlyArray<BrokenReadSide> = [
  {
    defect: 'lets a stale write win over a newer one',
    open: projectionsThat((store) => ({
      putNewer: (collection, key, value) =>
        pipe(
          value === undefined ? store.delete(collection, key) : store.put(collection, key, value),
          TE.map(() => true),
        ),
    })),
    noticedBy: [
      'guarded writes: keeps the later revision, and says whether it was written',
      'guarded writes: does not bring back what was deleted at a later revision',
    ],
  },
  {
    defect: 'looks for the revision first and writes later',
    open: projectionsThat((store) => {
      const revisions = new Map<string, number>()
      return {
        putNewer: (collection, key, value, revision) => async () => {
          const before = revisions.get(`${collection} ${key}`) ?? 0
          await tick()
          if (revision <= before) return TE.right(false)()
          revisions.set(`${collection} ${key}`, revision)
          await store.put(collection, key, value ?? null)()
          return TE.right(true)()
        },
      }
    }),
    noticedBy: ['guarded writes: lets the latest of ten writes at once win'],
  },
  {
    defect: 'forgets the revision with the document',
    open: projectionsThat((store) => ({
      delete: (collection) =>
        pipe(
          store.clear(collection, 1_000),
          TE.map(() => undefined),
        ),
    })),
    noticedBy: [
      'guarded writes: remembers the revision when the document is written or deleted without one',
    ],
  },
  {
    defect: 'writes past the transaction',
    open: projectionsThat((store) => ({
      inTransaction: () => ({ ...store, lock: () => TE.right(undefined) }),
    })),
    noticedBy: ['transactions: keeps nothing of a transaction that is rolled back'],
  },
  {
    defect: 'does not see its own writes',
    open: projectionsThat((store) => ({
      inTransaction: (transaction) => ({
        ...store.inTransaction(transaction),
        get: store.get,
        all: store.all,
      }),
    })),
    noticedBy: ['transactions: shows a transaction its own writes'],
  },
  {
    defect: 'commits whole collections, and not what was written',
    open: changing(({ subscriptions }, documents) => ({
      subscriptions: {
        ...subscriptions,
        commit: (progress, work) =>
          subscriptions.commit(progress, (transaction) => {
            const before = new Map<string, ReturnType<typeof documents.all>>()
            return pipe(
              work({
                ...transaction,
                put: (collection, key, value) => {
                  before.set(collection, before.get(collection) ?? documents.all(collection))
                  transaction.put(collection, key, value)
                },
              }),
              TE.map((end) => {
                for (const [collection, all] of before) {
                  const then = new Set(all.map(({ key }) => key))
                  for (const { key, value } of all) transaction.put(collection, key, value)
                  for (const { key } of documents.all(collection)) {
                    if (!then.has(key)) transaction.delete(collection, key)
                  }
                }
                return end
              }),
            )
          }),
      },
    })),
    noticedBy: ['transactions: keeps what others write meanwhile'],
  },
  {
    defect: 'shows the build that was activated last, even an earlier one',
    open: projectionsThat(() => {
      const builds = new Map<string, ProjectionBuild>()
      return {
        active: (name) => TE.right(builds.get(name)),
        activate: (name, build) => TE.right(builds.set(name, build).get(name) ?? build),
      }
    }),
    noticedBy: ['builds: never goes back to an earlier version or build'],
  },
  {
    defect: 'shows a build that has not come as far',
    open: projectionsThat((store) => {
      const shown = new Map<string, ProjectionBuild>()
      return {
        active: (name) => TE.right(shown.get(name)),
        activate: (name, build) => {
          const before = shown.get(name)
          const isLater =
            before === undefined ||
            build.version > before.version ||
            (build.version === before.version && build.build > before.build)
          shown.set(name, isLater ? build : before)
          return pipe(
            store.activate(name, build),
            TE.map(() => shown.get(name) ?? build),
          )
        },
      }
    }),
    noticedBy: [
      'builds: does not show a build that has come less far than the one that readers see',
    ],
  },
  {
    defect: 'sorts keys by UTF-16 code units',
    open: projectionsThat((store) => ({
      all: (collection, range) =>
        pipe(
          store.all(collection, range),
          TE.map((page) => ({
            ...page,
            documents: page.documents.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
          })),
        ),
    })),
    noticedBy: ['documents: gives a collection in pages, by the code points of the keys'],
  },
]
