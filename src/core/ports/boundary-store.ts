import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendedTogether, AppendTogetherRequest } from '../append-together'
import type { BoundaryQuery, Sight } from '../boundary-query'
import type { AppendTogetherError, ReadMatchingError } from '../errors/unions'
import type { StoredEvent } from '../recorded-event'
import type { SubjectKeys } from './subject-keys'

/** Which of the events that match a query. */
export interface MatchingRange {
  /** An earlier read of the same query, or an append on its condition, has seen this: only what lies above its `after`. */
  readonly sight?: Sight
  /**
   * Events at most in this page. 1 or more. Those that other writers at work may still precede come all at once, in the
   * last page, however many they are.
   */
  readonly limit: number
}

/** Events that match a query. */
export interface MatchingPage {
  /** In the order of their positions. */
  readonly events: ReadonlyArray<StoredEvent>
  /** What has been seen once these are: for a condition, or to continue. */
  readonly sight: Sight
  /** Whether there are more: continue with `sight`. A condition on it would not hold. */
  readonly more: boolean
}

/**
 * What a store can do for rules that span several streams. A capability beside `StreamStore`: a store that has it
 * passes the boundary contract of `reprise/testing`.
 */
export interface BoundaryStore {
  /**
   * The events that match a query, those included that lie above what `readAll` may give already: a decision needs the
   * newest. The `sight` says which they were, so that an append can be made on the condition that they are all.
   *
   * Fails with
   * - `InvalidQuery`: no item, an item without a tag, more than 1,000 items or 32 tags in one, a tag that is none, or a
   *   `sight` with a number that is none.
   * - `StoreFailed`: the store rejected the query or did not answer; where it cannot say what was seen with reason
   *   `ReadOnlyReplica`, `SequenceBehind`, `SchemaRenamed` or `WrongIsolation`.
   */
  readonly readMatching: (
    query: BoundaryQuery,
    range: MatchingRange,
  ) => TaskEither<ReadMatchingError, MatchingPage>

  /**
   * Adds events to several streams: all of them, or none. Every stream is at its expected version at the moment of
   * the append, those to which nothing is added included. Two such appends never wait for each other in a circle,
   * whatever the order in which they name their streams.
   *
   * With a `condition` the events that match its query are exactly those of its `sight` at that moment, whatever is
   * appended, and in whichever way; another append that could change that waits until this one is committed. It is
   * judged also where no stream has an event to add, and the sight of the answer is then the one that was given.
   *
   * Fails with
   * - `VersionConflicts`: names every stream that is not where its `expectedVersion` says.
   * - `BoundaryConflict`: the condition does not hold. A sight that is beyond the store's last position never does.
   * - `CommandAlreadyHandled`: one of the commands was handled before on its stream.
   * - `InvalidStreamId`, `InvalidAppend`, `UnencodableEvent`, `LimitExceeded`: see {@link appendTogetherError}. The
   *   same stream twice is `InvalidAppend`, and so is a condition whose query or sight is not valid.
   * - `ProjectionFailed`: an inline projection failed, so nothing was stored.
   * - `StoreFailed`: the store rejected the append or did not answer. With outcome `unknown` the events may have been
   *   stored: all of them, or none. With reason `WrongIsolation` it was sent in a transaction that is not READ
   *   COMMITTED.
   */
  readonly appendTogether: (
    request: AppendTogetherRequest,
  ) => TaskEither<AppendTogetherError, AppendedTogether>

  /**
   * Locks, reads, decides and appends in one transaction, for a decision that others have been faster at again and again:
   * first takes every lock that appending `likely` would take, and waits for those who hold them; then calls `decide` with
   * what is there by then; then appends the request that it gives. While it has the locks no other append can change
   * what matches the query of the condition, so that the condition of the request holds, whoever else is at work.
   *
   * `decide` is called once at most. It reads with the function that it is given, and appends nothing itself. When it
   * fails, nothing is stored, and its failure is the answer.
   *
   * Fails as `appendTogether` does, of `likely` as of the request. Inside a transaction of the caller's the locks are
   * kept until its end.
   *
   * @param likely - an append with the same query, and with about the streams and tags that `decide` will name. Others
   *   are locked when they are appended, and can then be waited for in a circle: `TransactionRefused`.
   */
  readonly appendLocked: <Failure>(
    likely: AppendTogetherRequest,
    decide: (
      readMatching: BoundaryStore['readMatching'],
      /** Those of the store, in the transaction that holds the locks. Omitted: it has none. */
      subjectKeys?: SubjectKeys,
    ) => TaskEither<Failure, AppendTogetherRequest>,
  ) => TaskEither<Failure | AppendTogetherError, AppendedTogether>
}
