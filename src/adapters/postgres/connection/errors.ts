import { type StoreFailed, storeFailed, type StoreFailure } from '../../../core/errors/store'
import { TAGS_INCOMPLETE, TAGS_NOT_DECLARED } from '../../../core/tagged-category'
import { REFUSED_NAME } from '../schema/names'

/** What a statement can have written when its answer is lost. */
export type WriteOutcome =
  /** It only connects or reads. */
  | 'none'
  /** It writes in a transaction that is rolled back without its COMMIT. */
  | 'uncommitted'
  /** It commits what it writes, or is a COMMIT. */
  | 'mayHaveCommitted'

interface Meaning {
  readonly reason: StoreFailure
  /** Whether the statement may have been carried out: its answer is lost. */
  readonly answerLost: boolean
  readonly advice?: string
}

const unavailable: Meaning = {
  reason: 'Unavailable',
  answerLost: false,
  advice: 'could not connect: is the server running, and is DATABASE_URL right?',
}
const lost: Meaning = {
  reason: 'ConnectionLost',
  answerLost: true,
  advice: 'the connection broke while the statement was under way',
}
const denied: Meaning = {
  reason: 'AccessDenied',
  answerLost: false,
  advice: 'user, password or permissions are wrong',
}
const refused: Meaning = { reason: 'TransactionRefused', answerLost: false }
const stale: Meaning = { ...refused, advice: 'the columns of a table have just changed: try again' }
const unprepared: Meaning = {
  ...refused,
  advice:
    'the connection has lost its prepared statements (DISCARD ALL, DEALLOCATE, a pooler): try again; behind a pooler that loses them connect with `unprepared`',
}
const notMigrated: Meaning = {
  reason: 'NotMigrated',
  answerLost: false,
  advice: 'the tables are missing or older than this library: run `npx reprise migrate`',
}
const timedOut: Meaning = { reason: 'TimedOut', answerLost: false }
const dataRefused: Meaning = { reason: 'DataRefused', answerLost: false }

/**
 * Classes of SQLSTATE that the data is to blame for: a value that does not fit (22), a constraint that it
 * breaks (23), a key that an index cannot hold (54).
 */
const refusesData = /^(22|23|54)[0-9A-Z]{3}$/
const readOnly: Meaning = {
  ...refused,
  advice:
    'the server or the transaction is read-only: after a failover this may be the old primary',
}
const sequenceBehind: Meaning = {
  reason: 'SequenceBehind',
  answerLost: false,
  advice:
    "positions would be drawn again, so nothing is appended or read: set the sequence to the highest position, select setval('<schema>.events_position_seq', (select max(position) from <schema>.events))",
}
const refusedSchemaName: Meaning = {
  reason: 'InvalidSchemaName',
  answerLost: false,
  advice: 'PostgreSQL would change the name of the schema: at most 63 bytes, and no NUL',
}

/** The code of our own error about a database that was never one. */
export const MISUSE = 'REPRISE_MISUSE'
/** The codes of our own errors about what took too long. */
export const DEADLINE = 'REPRISE_DEADLINE'
export const NOT_CONNECTED = 'REPRISE_NOT_CONNECTED'
export const POOL_EXHAUSTED = 'REPRISE_POOL_EXHAUSTED'

const CANCELLED = '57014'
const LOCK_TIMEOUT = '55P03'
// Ours, see migrations/0001_reprise.sql.
const NOTHING_STORED = 'RP010'

/** An error of our own, with its code. */
export const ownError = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code })

/** SQLSTATE and system error codes: the one place where database errors become ours. */
const meanings: Readonly<Record<string, Meaning>> = {
  [MISUSE]: { reason: 'Unavailable', answerLost: false },
  [DEADLINE]: { reason: 'TimedOut', answerLost: true },
  [NOT_CONNECTED]: { reason: 'Unavailable', answerLost: false },
  [POOL_EXHAUSTED]: { reason: 'PoolExhausted', answerLost: false },
  ECONNREFUSED: unavailable,
  ENOTFOUND: unavailable,
  EAI_AGAIN: unavailable,
  EHOSTUNREACH: unavailable,
  ENETUNREACH: unavailable,
  ENOENT: unavailable, // a socket file that is not there
  ECONNRESET: lost,
  EPIPE: lost,
  ETIMEDOUT: lost,
  CONNECTION_CLOSED: lost, // of postgres.js, as the three that follow
  CONNECTION_DESTROYED: lost,
  CONNECTION_ENDED: { ...unavailable, advice: 'the pool has been closed' },
  CONNECT_TIMEOUT: unavailable,
  '08000': lost,
  '08003': lost,
  '08006': lost,
  '08001': unavailable,
  '08004': unavailable,
  '08P01': lost,
  '3D000': { ...unavailable, advice: 'the database does not exist' },
  '53000': { ...unavailable, advice: 'the server is out of a resource' },
  '53100': {
    reason: 'StorageFull',
    answerLost: false,
    advice: 'the disk of the server is full: make room, and try again',
  },
  '53200': { ...unavailable, advice: 'the server has no memory left' },
  '53300': { ...unavailable, advice: 'the server has no connection left (max_connections)' },
  '57P03': { ...unavailable, advice: 'the server is starting or stopping' },
  '57P01': { ...lost, advice: 'the server ended the connection (administrator, or shutdown)' },
  '57P02': { ...lost, advice: 'the server crashed' },
  '57P05': { ...lost, advice: 'the server ended an idle connection' },
  '25P03': {
    reason: 'TransactionIdle',
    answerLost: true,
    advice:
      'the server ended a transaction in which no statement came for too long (idle_in_transaction_session_timeout)',
  },
  [CANCELLED]: { ...timedOut, advice: 'the statement was cancelled or ran into a timeout' },
  [LOCK_TIMEOUT]: { ...timedOut, advice: 'a lock could not be acquired in time' },
  '40001': { ...refused, advice: 'the transaction conflicted with another one: try again' },
  '40P01': { ...refused, advice: 'the transaction was part of a deadlock: try again' },
  '25P02': {
    reason: 'TransactionAborted',
    answerLost: false,
    advice: 'an earlier statement of this transaction has failed, and its error was ignored',
  },
  '26000': unprepared,
  '42P05': unprepared, // the pooler's server process has a statement of that name already
  '25006': readOnly,
  '28P01': denied,
  '28000': denied,
  '42501': denied,
  '3F000': notMigrated,
  '42P01': notMigrated,
  '42883': notMigrated,
  '42703': notMigrated,
  // Ours, see migrations/0001_reprise.sql.
  RP001: {
    reason: 'ReadOnlyReplica',
    answerLost: false,
    advice:
      'only the primary knows how far the store can be read: connect subscriptions to the primary',
  },
  RP002: sequenceBehind,
  RP003: {
    reason: 'SchemaRenamed',
    answerLost: false,
    advice:
      'the schema was renamed: run `npx reprise migrate`, which adapts its functions to the new name',
  },
  RP004: {
    reason: 'WrongIsolation',
    answerLost: false,
    advice: 'begin the transaction READ COMMITTED',
  },
  RP005: { reason: 'TagsNotDeclared', answerLost: false, advice: TAGS_NOT_DECLARED },
  RP007: {
    reason: 'OtherSlotMap',
    answerLost: false,
    advice: 'the schema is one of several shards: open all of them with `sharded`',
  },
  RP008: {
    reason: 'SlotMoving',
    answerLost: false,
    advice: 'the shard is being split: repeat it when that is done',
  },
  RP009: {
    reason: 'EventsMoving',
    answerLost: false,
    advice:
      'nothing can be erased, archived or truncated until the events are in their partitions: let `npx reprise migrate --partition-by` end, or run it again if it was stopped (`npx reprise doctor` says how far it is)',
  },
  RP006: { reason: 'TagsIncomplete', answerLost: false, advice: TAGS_INCOMPLETE },
}

/** Failures of `pg` itself that carry no code. */
const texts: ReadonlyArray<readonly [RegExp, Meaning]> = [
  [/timeout (exceeded )?when trying to connect|connection timeout|timeout expired/i, unavailable],
  [
    /SSL connection|certificate/i,
    { ...unavailable, advice: 'a TLS connection could not be established' },
  ],
  [/Connection terminated|not queryable|Connection ended/i, lost],
  [/server closed the connection/i, lost],
  [/read timeout/i, { ...timedOut, answerLost: true, advice: 'no answer came in time' }],
  [/SASL|password must be a string|no pg_hba/i, denied],
  [
    /Cannot use a pool after calling end|driver has already been destroyed/i,
    { ...unavailable, advice: 'the pool has been closed' },
  ],
]

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/**
 * The columns of a table have changed since the connection prepared a statement: it needs a new connection. Known by
 * the server's own function: the text is in the language of the server.
 */
const isStale = (error: unknown): boolean =>
  codeOf(error) === '0A000' &&
  error instanceof Error &&
  'routine' in error &&
  error.routine === 'RevalidateCachedQuery'

/** The transaction conflicted with another one (serialization, deadlock, a change of a table): a retry may succeed. */
export const isTransactionConflict = (error: unknown): boolean =>
  ['40001', '40P01'].includes(codeOf(error)) || isStale(error)

/** The constraint that a statement has violated; an empty text: none. `pg` and postgres.js name it differently. */
const violated = (error: unknown): string => {
  if (!(error instanceof Error)) return ''
  if ('constraint' in error) return String(error.constraint)
  return 'constraint_name' in error ? String(error.constraint_name) : ''
}

const violates = (error: unknown, constraint: string): boolean => violated(error) === constraint

// Of events in partitions each partition has constraints of its own.
const VERSION_TAKEN = /^events(?:_p\d+)?_pkey$/
const POSITION_TAKEN = /^events(?:_p\d+)?_position_key$/

/** Two transactions have remembered the same command at the same moment, and this one came second. */
export const isCommandTaken = (error: unknown): boolean => violates(error, 'commands_pkey')

/** Two transactions have taken the same version of a stream at the same moment, and this one came second. */
export const isVersionTaken = (error: unknown): boolean => VERSION_TAKEN.test(violated(error))

/** An append after which other statements were sent has stored nothing, and so they were not run. */
export const isNothingStored = (error: unknown): boolean => codeOf(error) === NOTHING_STORED

/** Two statements have given a subscription the same name at the same moment, and this one came second. */
export const isSubscriptionTaken = (error: unknown): boolean =>
  violates(error, 'subscriptions_pkey')

/** There is a schema, a table or a view of that name already. */
export const isNameTaken = (error: unknown): boolean => ['42P06', '42P07'].includes(codeOf(error))

/** A lock was held by another transaction for longer than `lock_timeout` allows. Nothing of the statement is stored. */
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === LOCK_TIMEOUT

/** The server has cancelled a statement, usually because it took longer than `statement_timeout` allows. */
export const isStatementTimeout = (error: unknown): boolean => codeOf(error) === CANCELLED

/** Whether the server was not reached: then nothing can have been written. */
const isConnecting = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'connect'

const meaningOf = (error: unknown): Meaning | undefined => {
  if (isStale(error)) return stale
  if (POSITION_TAKEN.test(violated(error))) return sequenceBehind
  if (error instanceof Error && error.message.includes(REFUSED_NAME)) return refusedSchemaName
  const code = codeOf(error)
  const coded = meanings[code] ?? (refusesData.test(code) ? dataRefused : undefined)
  const known = isConnecting(error) ? unavailable : coded
  if (known !== undefined || !(error instanceof Error)) return known
  if (error instanceof AggregateError && error.errors.length > 0) return meaningOf(error.errors[0])
  return texts.find(([pattern]) => pattern.test(error.message))?.[1]
}

/** An error with a SQLSTATE is the server's answer: the statement was rolled back. */
const isAnswer = (error: unknown): boolean => /^[0-9A-Z]{5}$/.test(codeOf(error))

/** Whether the connection that gave this error cannot be used again. */
export const breaksConnection = (error: unknown): boolean => {
  const meaning = meaningOf(error)
  // Read-only: another connection may reach the new primary.
  if (meaning === stale || meaning === unprepared || meaning === readOnly) return true
  return meaning === undefined
    ? !isAnswer(error)
    : meaning.answerLost || meaning.reason === 'Unavailable'
}

/** Any failure of the database, the driver or the pool as ours. */
export const toStoreFailed =
  (outcome: WriteOutcome) =>
  (error: unknown): StoreFailed => {
    const meaning = meaningOf(error)
    const answerLost = meaning?.answerLost ?? !isAnswer(error)
    return storeFailed(
      meaning?.reason ?? 'Unexpected',
      answerLost && outcome === 'mayHaveCommitted' ? 'unknown' : 'nothingWritten',
      error,
      meaning?.advice,
    )
  }
