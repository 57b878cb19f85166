import type { StoreFailed, StoreFailure } from '../core/errors/store'

/** The exit code of a command that did its work: 0 all is well, 1 it has found something wrong. */
export type ExitCode = 0 | 1

/** Why a command failed: one line that says what to do. */
export interface CliFailure {
  readonly _tag: string
  readonly message: string
  /** 2: the command was called wrongly; 1: anything else. */
  readonly exitCode: 1 | 2
  readonly reason?: StoreFailure
}

/** The command was called wrongly. */
export const usage = (message: string): CliFailure => ({ _tag: 'Usage', message, exitCode: 2 })

/** Any other failure. */
export const failure = (tag: string, message: string): CliFailure => ({
  _tag: tag,
  message,
  exitCode: 1,
})

/** One of the library's own errors, as it is. */
export const failed = ({ _tag, message }: { readonly _tag: string; readonly message: string }) =>
  failure(_tag, message)

const causeOf = (cause: unknown): string => {
  if (cause instanceof AggregateError && cause.errors.length > 0) return causeOf(cause.errors[0])
  return cause instanceof Error ? cause.message : String(cause)
}

const textOf = ({ reason, cause, message }: StoreFailed, place: string, schema: string): string => {
  switch (reason) {
    case 'Unavailable':
      return `No connection to ${place}: ${causeOf(cause)}. Is it running, and is --url (or DATABASE_URL) right?`
    case 'AccessDenied':
      return `${place} rejected the login: ${causeOf(cause)}. Check user, password and permissions in --url (or DATABASE_URL).`
    case 'NotMigrated':
      return `The schema ${schema} at ${place} does not have the tables of this release. Run: npx reprise migrate (with --schema, if it has another name)`
    case 'ConnectionLost':
      return `The connection to ${place} broke: ${causeOf(cause)}. Run the command again.`
    case 'StorageFull':
      return `The disk of ${place} is full: ${causeOf(cause)}. Nothing was written: make room, and run the command again.`
    case 'TransactionRefused':
    case 'PoolExhausted':
    case 'TimedOut':
      return `${place} did not finish the statement: ${causeOf(cause)}. Run the command again.`
    case 'TransactionAborted':
    case 'TransactionIdle':
    case 'DataRefused':
    case 'CorruptRow':
    case 'ReadOnlyReplica':
    case 'SequenceBehind':
    case 'LocksNotVisible':
    case 'SchemaRenamed':
    case 'WrongIsolation':
    case 'Truncated':
    case 'ArchiveUnreadable':
    case 'TagsIncomplete':
    case 'TagsNotDeclared':
    case 'OtherSlotMap':
    case 'SlotMoving':
    case 'EventsMoving':
    case 'MasterKeyUnavailable':
    case 'MasterKeyWrong':
    case 'SubjectKeyMissing':
    case 'InvalidSchemaName':
    case 'ServerTooOld':
    case 'Unexpected':
      return `${message} (${place})`
  }
}

/** A failure of the database, explained to the user at the terminal. */
export const storeFailure =
  (place: string, schema: string) =>
  (error: StoreFailed): CliFailure => ({
    ...failure('StoreFailed', textOf(error, place, schema)),
    reason: error.reason,
  })
