import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { buildOf, isLaterBuild } from '../../../src/core/projection-build'
import type { ProjectionBuild } from '../../../src/core/ports/projection-store'
import { type BrokenReadSide, changing, projectionsThat } from './broken-read-side'
import { tick } from './broken-store'

/** Projection stores with a defect each. */
export const brokenProjections: ReadonlyArray<BrokenReadSide> = [
  {
    defect: 'lets a stale write win over a newer one',
    open: projectionsThat((store) => ({
      putIfNewer: (collection, key, value) =>
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
        putIfNewer: (collection, key, value, revision) => async () => {
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
    defect: 'shows a build with a hole, if it has come far enough',
    open: changing(({ subscriptions, documents: store }) => ({
      documents: {
        ...store,
        activate: (name, build, keepFor) => async () => {
          const now = await store.active(name)()
          const mayFollow =
            E.isRight(now) && now.right !== undefined && isLaterBuild(build, now.right)
          if (mayFollow) {
            await subscriptions.remove(build.collection)()
            await subscriptions.register({ name: build.collection, partitions: 1, position: 99 })()
          }
          return store.activate(name, build, keepFor)()
        },
      },
    })),
    noticedBy: [
      'builds: does not show a build that holds a stream back',
      'builds: does not show a build of which a partition is stopped',
    ],
  },
  {
    defect: 'shows readers of every version the active build',
    open: projectionsThat((store) => ({
      getManyOfVersion: (name, _version, keys) =>
        pipe(
          TE.Do,
          TE.bind('build', () => store.active(name)),
          TE.bind('found', () => store.getMany(name, keys)),
          TE.map(({ build, found }) => ({
            _tag: 'Found' as const,
            ...(build === undefined ? {} : { build }),
            found,
          })),
        ),
    })),
    noticedBy: [
      'builds: shows readers of each version its newest build, while that is there',
      'rollbacks: rolls back to the build that is kept, and removes the other one',
    ],
  },
  {
    defect: 'counts the builds that are there',
    open: projectionsThat((store) => ({
      begin: (name, version) =>
        pipe(
          store.builds(name),
          TE.map((builds) => builds.filter((build) => build.version === version).length + 1),
          TE.flatMap((number) =>
            pipe(
              store.begin(name, version),
              TE.map(() => buildOf(name, version, number)),
            ),
          ),
        ),
    })),
    noticedBy: [
      'the lives of builds: begins a build with a number that none had before, also when that is removed',
      'the lives of builds: passes over a number whose subscription is left from something else',
    ],
  },
  {
    defect: 'looks for the last number first and begins later',
    open: projectionsThat(() => {
      const last = new Map<string, number>()
      return {
        begin: (name, version) => async () => {
          const number = (last.get(name) ?? 0) + 1
          await tick()
          last.set(name, number)
          return TE.right(buildOf(name, version, number))()
        },
      }
    }),
    noticedBy: ['the lives of builds: gives each of ten that begin at once a build of its own'],
  },
  {
    defect: 'goes on with what was abandoned',
    open: projectionsThat(() => ({ abandon: () => TE.right(undefined) })),
    noticedBy: [
      'the lives of builds: does not continue what was abandoned, nor abandon what an instance works on',
      'the lives of builds: never activates what was removed',
    ],
  },
  {
    defect: 'abandons what readers see',
    open: projectionsThat((store) => ({
      abandon: (name, build) =>
        pipe(
          store.rollBack(name, build),
          TE.flatMap(() => store.abandon(name, build)),
        ),
    })),
    noticedBy: ['the lives of builds: abandons nothing that readers see, or that is kept'],
  },
  {
    defect: 'clears a build whose subscription goes on',
    open: changing(({ subscriptions, documents }) => ({
      documents: {
        ...documents,
        sweep: (name, limit) => async () => {
          const builds = await documents.builds(name)()
          const swept = await documents.sweep(name, limit)()
          for (const { collection, reached } of E.isRight(builds) ? builds.right : []) {
            const position = reached ?? 0
            await subscriptions.register({ name: collection, partitions: 1, position })()
          }
          return swept
        },
      },
    })),
    noticedBy: ['the lives of builds: removes what was abandoned, and its subscription first'],
  },
  {
    defect: 'keeps an old build for a day, whatever was said',
    open: projectionsThat((store) => ({ activate: (name, build) => store.activate(name, build) })),
    noticedBy: [
      'the lives of builds: keeps the build that was active for the time that is given, and then removes it',
      'rollbacks: cannot roll back after the old build has expired',
    ],
  },
  {
    defect: 'rolls back from whatever build is active',
    open: projectionsThat((store) => ({ rollBack: (name) => store.rollBack(name) })),
    noticedBy: ['rollbacks: rolls back from a certain build only, if one is named'],
  },
  {
    defect: 'lets a version that was rolled back be joined',
    open: projectionsThat((store) => ({
      join: (name, version) =>
        pipe(
          store.join(name, version),
          TE.orElse(() => store.begin(name, version)),
        ),
    })),
    noticedBy: [
      'rollbacks: lets no instance join a version that was rolled back, until a new build of it was activated',
    ],
  },
  {
    defect: 'begins each page of a list at its start',
    open: projectionsThat((store) => ({
      list: (collection, { after: _after, ...range }) => store.list(collection, range),
    })),
    noticedBy: ['lists: goes on after the last document, whatever is written meanwhile'],
  },
  {
    defect: 'lists in one direction only',
    open: projectionsThat((store) => ({
      list: (collection, range) => store.list(collection, { ...range, order: 'ascending' }),
    })),
    noticedBy: ['lists: sorts by each field in turn, then by key, in both directions'],
  },
  {
    defect: 'lists past the end of a range',
    open: projectionsThat((store) => ({
      list: (collection, range) => store.list(collection, { ...range, high: '~' }),
    })),
    noticedBy: ['lists: finds by the first fields, and by a range of the next one'],
  },
  {
    defect: 'forgets where a document is in lists when it is written without places',
    open: projectionsThat((store) => ({
      put: (collection, key, value) => store.write(collection, [{ key, value, places: {} }]),
    })),
    noticedBy: ['lists: moves a document with its fields, and forgets it when it is deleted'],
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
