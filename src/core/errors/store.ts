import { causeText } from '../issue'

export type StoreFailure =
  /** No connection could be had: the server is down, unreachable or refuses more connections. */
  | 'Unavailable'
  /** The connection broke while a statement was under way. */
  | 'ConnectionLost'
  /** The schema is not there, or older than this library. */
  | 'NotMigrated'
  /** Wrong user, password or permissions. */
  | 'AccessDenied'
  /** The transaction lost against another one, and was rolled back: try again. */
  | 'TransactionRefused'
  /** An earlier statement of the transaction has failed, so the whole of it is lost. */
  | 'TransactionAborted'
  /** The statement was cancelled, or took longer than allowed. */
  | 'TimedOut'
  /** The store holds something that it never should. */
  | 'CorruptRow'
  /** A replica was asked how far the store can be read. Only the primary knows. */
  | 'ReadOnlyReplica'
  /** Positions would be drawn once more: rows were put in without the sequence. Nothing is read on or appended. */
  | 'SequenceBehind'
  /** The server does not show the locks that are held: readers could pass by open appends. */
  | 'LocksNotVisible'
  /** The schema was renamed or copied, and its functions still read the one of the old name. */
  | 'SchemaRenamed'
  /** PostgreSQL would not keep the name of the schema as it is. */
  | 'InvalidSchemaName'
  /** Anything else: see `cause`. */
  | 'Unexpected'

const explained = (cause: unknown, advice: string | undefined): string => {
  if (advice === undefined) return causeText(cause)
  const words = cause instanceof Error ? cause.message : ''
  return words === '' ? advice : `${advice} (${words})`
}

/** The store refused or did not answer. `outcome` says whether something may have been written. */
export interface StoreFailed {
  readonly _tag: 'StoreFailed'
  readonly reason: StoreFailure
  /** `unknown`: the write may have been committed. Send a command again with the same id. */
  readonly outcome: 'nothingWritten' | 'unknown'
  readonly cause: unknown
  readonly message: string
}
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

/**
 * Whether one of several requests that shared a statement or an append may have caused its failure: then each of
 * them is worth sending alone. Not if something may have been written, and not if every request would meet it.
 */
export const isIsolatable = ({ outcome, reason }: StoreFailed): boolean =>
  outcome === 'nothingWritten' &&
  (reason === 'Unexpected' || reason === 'TimedOut' || reason === 'TransactionRefused')

/** An inline projection failed, so the append was undone. Nothing was written. */
export interface ProjectionFailed {
  readonly _tag: 'ProjectionFailed'
  readonly projection: string
  readonly cause: unknown
  readonly message: string
}
export const projectionFailed = (projection: string, cause: unknown): ProjectionFailed => ({
  _tag: 'ProjectionFailed',
  projection,
  cause,
  message: `The inline projection ${projection} failed, so nothing was written: ${causeText(cause)}.`,
})

/** Too much is waiting already: this is refused instead of growing without bound. Nothing was written. */
export interface Overloaded {
  readonly _tag: 'Overloaded'
  /** What is full: a stream's queue, or the store's. */
  readonly queue: string
  readonly depth: number
  readonly message: string
}
export const overloaded = (queue: string, depth: number): Overloaded => ({
  _tag: 'Overloaded',
  queue,
  depth,
  message: `${depth} are waiting for ${queue} already: slow down, and send it again later. Nothing was written.`,
})
