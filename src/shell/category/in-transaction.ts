import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendTogetherRequest } from '../../core/append-together'
import type { StoreFailed } from '../../core/errors/store'
import type { AppendTogetherError } from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'
import type { OpenCategory } from './open-category'

/**
 * A category inside a transaction that the caller has begun, and commits or rolls back. What it appends is visible to
 * others after the commit; what it reads is what the transaction sees, its own events included. Nothing of it enters the
 * cached states, and no snapshot is taken.
 */
export type CategoryInTransaction<Command, State, Event, Rejection> = Pick<
  OpenCategory<Command, State, Event, Rejection>,
  /**
   * With the rules, ids, expected versions and inline projections of the category, and the same errors. After every one of
   * them but `StoreFailed` the transaction is as it was before, and can go on. After `StoreFailed` it cannot: roll it back;
   * every further call answers that same failure. With the reason `TransactionRefused` (a deadlock; or, above READ
   * COMMITTED, another writer that was first) do all of it again in a new transaction.
   */
  | 'handleCommand'
  /** The state as the transaction sees it. Fails as `handleCommand` does. */
  | 'load'
>

/** A store that may be able to work inside a transaction of the caller's. */
export type CategoryStore = StreamStore & {
  readonly inTransaction?: (transaction: never) => StreamStore
}

/** What a category has on such a store, and lacks on every other one. */
export type InTransaction<Store extends CategoryStore, Bound> = {
  /**
   * The category inside a transaction of the caller's. It is typed by what the store's own `inTransaction` takes: for
   * `postgres`, a Kysely transaction over the caller's `Database`.
   */
  readonly [Key in keyof Store & 'inTransaction']: (
    ...transaction: Parameters<NonNullable<Store['inTransaction']>>
  ) => Bound
}

const unusable = (failed: StoreFailed): StoreFailed => ({
  ...failed,
  message: `${failed.message} The transaction cannot go on: roll it back.`,
})

/**
 * The calls of a store inside a transaction. A statement that fails there aborts the transaction, so the first failure of
 * the store is the answer to everything that follows, and nothing more is sent.
 */
const untilOneFails = () => {
  let broken: StoreFailed | undefined
  return <Failure extends { readonly _tag: string }, Value>(
      query: TaskEither<Failure | StoreFailed, Value>,
    ): TaskEither<Failure | StoreFailed, Value> =>
    async () => {
      if (broken !== undefined) return E.left(broken)
      const answer = await query()
      if (E.isRight(answer) || !isStoreFailed(answer.left)) return answer
      broken ??= unusable(answer.left)
      return E.left(broken)
    }
}

const guardedBy = (guarded: ReturnType<typeof untilOneFails>, store: StreamStore): StreamStore => ({
  append: (request) => guarded(store.append(request)),
  load: (request) => guarded(store.load(request)),
  read: (streamId, range) => guarded(store.read(streamId, range)),
  readBackwards: (streamId, range) => guarded(store.readBackwards(streamId, range)),
  version: (streamId) => guarded(store.version(streamId)),
  streams: (range) => guarded(store.streams(range)),
  saveSnapshot: (snapshot) => guarded(store.saveSnapshot(snapshot)),
  declareTags: (category) => guarded(store.declareTags(category)),
  afterAppend: store.afterAppend,
})

/** A store inside a transaction, which sends nothing more once it has failed. */
export const untilItFails = (store: StreamStore): StreamStore => guardedBy(untilOneFails(), store)

/** The same for one that can decide across streams. */
export const boundaryUntilItFails = (
  store: StreamStore & BoundaryStore,
): StreamStore & BoundaryStore => {
  const guarded = untilOneFails()
  return {
    ...guardedBy(guarded, store),
    readMatching: (query, range) => guarded(store.readMatching(query, range)),
    appendTogether: (request) => guarded(store.appendTogether(request)),
    appendLocked: <Failure>(
      likely: AppendTogetherRequest,
      decide: (
        readMatching: BoundaryStore['readMatching'],
      ) => TaskEither<Failure, AppendTogetherRequest>,
    ) => {
      // What `decide` fails with is not of the store, whatever its tag.
      const task = store.appendLocked(likely, (readMatching) => async () => {
        const decided = await decide((query, range) => guarded(readMatching(query, range)))()
        return E.isRight(decided) ? decided : E.left({ _tag: 'Decided' as const, by: decided.left })
      })
      return pipe(
        guarded(task),
        TE.mapLeft((error): Failure | AppendTogetherError =>
          error._tag === 'Decided' ? error.by : error,
        ),
      )
    },
  }
}

const isStoreFailed = (error: { readonly _tag: string }): error is StoreFailed =>
  error._tag === 'StoreFailed'
