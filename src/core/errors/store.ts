import { causeText } from '../issue'

/** Why the store failed. */
export type StoreFailure =
  /** No connection: the server is down, unreachable, or accepts no more connections. */
  | 'Unavailable'
  /** No connection of the pool became free in time. */
  | 'PoolExhausted'
  /** The connection broke while a statement was running. */
  | 'ConnectionLost'
  /** The schema does not exist, or is older than this library. */
  | 'NotMigrated'
  /** Wrong user, password or permissions. */
  | 'AccessDenied'
  /** The transaction conflicted with another one and was rolled back: retry. */
  | 'TransactionRefused'
  /** An earlier statement of the transaction failed, so the server rolls back all of it. */
  | 'TransactionAborted'
  /** A transaction was idle for too long, so the server ended it. */
  | 'TransactionIdle'
  /** The data cannot be stored: the database rejects a character, a number or a key in it. */
  | 'DataRefused'
  /** The statement was cancelled, or exceeded its time limit. */
  | 'TimedOut'
  /** The store contains data that violates its own rules. */
  | 'CorruptRow'
  /** The events are in an archive file that cannot be read, or is not what was written. */
  | 'ArchiveUnreadable'
  /** What was asked for was before the beginning of a stream that was truncated. */
  | 'Truncated'
  /** The connection is to a replica. The horizon is known on the primary only. */
  | 'ReadOnlyReplica'
  /** The sequence is behind the events, so positions would be drawn twice. Reads and appends fail. */
  | 'SequenceBehind'
  /** The server does not show the locks that are held: readers could skip the events of open appends. */
  | 'LocksNotVisible'
  /** The schema was renamed or copied, and its functions still refer to the old name. */
  | 'SchemaRenamed'
  /** The transaction is not READ COMMITTED, so the check would not see what was committed since it began. */
  | 'WrongIsolation'
  /** A read by tags may rest on a category whose tags are not complete: rebuild them. */
  | 'TagsIncomplete'
  /** The category has tags, and this writer declares none: it is another release, or the category lacks its `tags`. */
  | 'TagsNotDeclared'
  /** The shard goes by another map of the slots than this process, or is no shard. */
  | 'OtherSlotMap'
  /** The stream is being moved to another shard, which takes its appends when that is done. */
  | 'SlotMoving'
  /** The events are being moved to partitions: none of them can be erased, archived or truncated until that is done. */
  | 'EventsMoving'
  /** The master key cannot be used at this moment: what wraps and unwraps has failed. */
  | 'MasterKeyUnavailable'
  /** The key of a subject was wrapped by another master key than the one that was given for its id. */
  | 'MasterKeyWrong'
  /** There is personal data of a subject that has no key, and was not forgotten. */
  | 'SubjectKeyMissing'
  /** PostgreSQL would not keep the name of the schema unchanged, or JetStream takes no such name. */
  | 'InvalidSchemaName'
  /** The server is older than the promises of the store need. Nothing is read or written through it. */
  | 'ServerTooOld'
  /** The server has no room left for what was to be written. */
  | 'StorageFull'
  /** Anything else: see `cause`. */
  | 'Unexpected'

const explained = (cause: unknown, advice: string | undefined): string => {
  if (advice === undefined) return causeText(cause)
  const words = cause instanceof Error ? cause.message : ''
  return words === '' ? advice : `${advice} (${words})`
}

/** The store failed or did not answer. `outcome` says whether something may have been written. */
export interface StoreFailed {
  readonly _tag: 'StoreFailed'
  readonly reason: StoreFailure
  /** `unknown`: the write may have been committed. Send a command again with the same id. */
  readonly outcome: 'nothingWritten' | 'unknown'
  readonly cause: unknown
  readonly message: string
}
/**
 * The error {@link StoreFailed}.
 *
 * @param outcome - `unknown` if something may have been written: when the answer to a COMMIT was lost, for instance.
 * @param cause - what the database has said.
 * @param advice - what to do about it, for the message. Omitted: the message of `cause` stands alone.
 *
 * @example
 * TE.tryCatch(
 *   () => pool.query('select max(position) from events'),
 *   (cause) => storeFailed('Unavailable', 'nothingWritten', cause),
 * )
 */
export const storeFailed = (
  reason: StoreFailure,
  outcome: StoreFailed['outcome'],
  cause: unknown,
  advice?: string,
): StoreFailed => ({
  _tag: 'StoreFailed',
  reason,
  outcome,
  cause,
  message:
    `The store failed (${reason}): ${explained(cause, advice)}. ` +
    (outcome === 'unknown' ? 'The outcome is unknown.' : 'Nothing was written.'),
})

/** The text of a migration differs from the one that was run here before. Nothing was changed. */
export interface MigrationChanged {
  readonly _tag: 'MigrationChanged'
  readonly migration: string
  readonly message: string
}
/**
 * The error {@link MigrationChanged}, for a database that another release has migrated.
 *
 * @param migration - its name: `0001_reprise`.
 *
 * @example
 * migrationChanged('0001_reprise')
 */
export const migrationChanged = (migration: string): MigrationChanged => ({
  _tag: 'MigrationChanged',
  migration,
  message: `The migration ${migration} was run here with a different text. Was this database migrated by another release?`,
})

/**
 * Whether a single one of the requests that shared a statement or an append may have caused its failure, so
 * that it is worth sending each of them alone. Not if something may have been written, and not if every
 * request would fail in the same way.
 */
export const isIsolatable = ({ outcome, reason }: StoreFailed): boolean =>
  outcome === 'nothingWritten' &&
  (reason === 'Unexpected' ||
    reason === 'DataRefused' ||
    reason === 'TimedOut' ||
    reason === 'TagsIncomplete' ||
    reason === 'TagsNotDeclared' ||
    reason === 'TransactionRefused')

/** An inline projection failed, so the append was rolled back. Nothing was written. */
export interface ProjectionFailed {
  readonly _tag: 'ProjectionFailed'
  readonly projection: string
  readonly cause: unknown
  readonly message: string
}
/**
 * The error {@link ProjectionFailed}, for an append that an inline projection has rolled back.
 *
 * @param projection - its name.
 * @param cause - what it has answered or thrown.
 *
 * @example
 * projectionFailed('owner-names', new Error('the name Ada is taken'))
 */
export const projectionFailed = (projection: string, cause: unknown): ProjectionFailed => ({
  _tag: 'ProjectionFailed',
  projection,
  cause,
  message: `The inline projection ${projection} failed, so nothing was written: ${causeText(cause)}.`,
})

/** A queue is full: requests are rejected before it grows without bound. Nothing was written. */
export interface Overloaded {
  readonly _tag: 'Overloaded'
  /** Which queue: the commands of a stream, or the appends or loads of a store. */
  readonly queue: string
  /** How many requests are waiting in it. */
  readonly depth: number
  readonly message: string
}
/**
 * The error {@link Overloaded}, for a request that no longer fits into a queue.
 *
 * @param queue - what waits in it, for the message: `appends`, or the id of a stream.
 * @param depth - how many requests are waiting in it.
 *
 * @example
 * overloaded('account-A1', 10_000)
 */
export const overloaded = (queue: string, depth: number): Overloaded => ({
  _tag: 'Overloaded',
  queue,
  depth,
  message: `The queue of ${queue} is full (${depth} waiting). Nothing was written. Retry later.`,
})
