import type { VersionConflict } from '../core/errors/conflict'
import type { LimitExceeded } from '../core/errors/event'
import type { DocumentError } from '../core/errors/projection'
import type { VersionNotReached } from '../core/errors/replay'
import type { StoreFailed } from '../core/errors/store'
import type { WaitError } from '../core/errors/subscription'
import type { BoundaryError, HandleError, LoadError } from '../core/errors/unions'
import type { Issue } from '../core/issue'
import type { Json } from '../core/json'
import { propertyOf } from '../core/owns'
import { functionSetting, setting } from '../core/setting'
import { catching } from '../shell/catching'
import type { RequestOptions } from './command-options'
import { entityTag } from './entity-tag'
import { jsonPointer } from './json-pointer'
import { internalError, type Problem, type ProblemFields, problemOf } from './problem'

/** Every error that a request can end with: of commands, states, read models, and of waiting for them. */
export type RequestError<Rejection> =
  | HandleError<Rejection>
  | BoundaryError<Rejection>
  | LoadError
  | VersionNotReached
  | DocumentError
  | WaitError

/** How errors become problems. Every key is optional. */
export interface ProblemOptions<Rejection> {
  /**
   * What a rejection is to the outside: a status, a title, a type, further members. Default: status 422, and the
   * `_tag` of the rejection as the code: `balance-too-low`. None of its data.
   */
  readonly rejected?: (rejection: Rejection) => ProblemFields
  /** The same for any other error; `undefined`: the default. An inline projection that found a name taken, say. */
  readonly explain?: (
    error: Exclude<RequestError<Rejection>, { readonly _tag: 'Rejected' }>,
  ) => ProblemFields | undefined
  /** Where the problems are documented: the `type` is this URI and the code. Default: the type is `about:blank`. */
  readonly types?: string
  /** When to try again after an overload or an outage, in seconds. 0 or more. Default 1. */
  readonly retryAfter?: number
}

/** The request that has ended with an error. Every key is optional. */
export interface ProblemContext {
  /** What its headers say: a conflict with its preconditions is 412, any other conflict 409. */
  readonly options?: RequestOptions
  /** The command it carried, to find the issues in. */
  readonly command?: unknown
}

interface Standard extends ProblemFields {
  readonly status: number
  readonly code: string
}

const INTERNAL: Standard = {
  status: internalError.status,
  code: internalError.code,
  detail: internalError.detail ?? '',
}

const errorsOf = (issues: ReadonlyArray<Issue>, command: unknown): Json =>
  issues.map(({ path, message }) => ({ pointer: jsonPointer(path, command), detail: message }))

/** `BalanceTooLow` as `balance-too-low`; of a combination, `linen/NoneLeft` as `linen/none-left`. */
const codeOf = (rejection: unknown): string => {
  const name = typeof rejection === 'string' ? rejection : propertyOf(rejection, '_tag')
  if (typeof name !== 'string' || !/^[A-Za-z][\w/-]{0,99}$/.test(name)) return 'rejected'
  return name.replace(/([a-z\d])([A-Z])|_/g, '$1-$2').toLowerCase()
}

const conflict = (
  { actual }: VersionConflict,
  { holdsAt }: Pick<RequestOptions, 'holdsAt'>,
): Standard => {
  const extensions = { entityTag: actual === 0 ? null : entityTag(actual) }
  return holdsAt?.(actual) === false
    ? {
        status: 412,
        code: 'precondition-failed',
        detail: 'A precondition of the request does not hold. Nothing was changed.',
        extensions,
      }
    : {
        status: 409,
        code: 'version-conflict',
        detail: 'Another request changed the same thing at the same time. Nothing was changed.',
        extensions,
      }
}

const limit = ({ limit }: LimitExceeded): Standard =>
  limit === 'streamVersion'
    ? INTERNAL
    : {
        status: 413,
        code: 'too-much-to-store',
        detail: 'The request leads to more than can be stored at once. Nothing was changed.',
      }

const unavailable = (retryAfter: number): Standard => ({
  status: 503,
  code: 'store-unavailable',
  detail: 'The store is not available at the moment. Nothing was changed.',
  retryAfter,
})

const storeFailure = (
  { outcome, reason }: StoreFailed,
  retryAfter: number,
  { commandId }: RequestOptions,
): Standard => {
  if (outcome === 'unknown') {
    return {
      status: 504,
      code: 'outcome-unknown',
      detail: `The request may or may not have had its effect. ${
        commandId === undefined
          ? 'Find out before it is sent again: it has no Idempotency-Key.'
          : 'Send it again with the same Idempotency-Key.'
      }`,
      ...(commandId === undefined ? {} : { retryAfter }),
    }
  }
  switch (reason) {
    case 'Unavailable':
    case 'PoolExhausted':
    case 'ConnectionLost':
    case 'TransactionRefused':
    case 'TransactionAborted':
    case 'TransactionIdle':
    case 'TimedOut':
    case 'NotMigrated':
    case 'AccessDenied':
    case 'ReadOnlyReplica':
    case 'SequenceBehind':
    case 'LocksNotVisible':
    case 'SchemaRenamed':
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
    case 'StorageFull':
    case 'ArchiveUnreadable':
      return unavailable(retryAfter)
    case 'WrongIsolation':
    case 'DataRefused':
    case 'CorruptRow':
    case 'Truncated':
    case 'Unexpected':
      return INTERNAL
  }
}

const standardOf = (
  error: RequestError<unknown>,
  retryAfter: number,
  { options = {}, command }: ProblemContext,
): Standard => {
  switch (error._tag) {
    case 'InvalidCommand':
      return {
        status: 400,
        code: 'invalid-command',
        detail: 'The command is not valid. Nothing was changed.',
        extensions: { errors: errorsOf(error.issues, command) },
      }
    case 'InvalidStreamId':
      return { status: 400, code: 'invalid-id', detail: `The id is not valid: ${error.reason}.` }
    case 'StreamErased':
      return { status: 410, code: 'erased', detail: 'It was erased, and does not come back.' }
    case 'StreamClosed':
      return { status: 409, code: 'closed', detail: 'It was closed. Nothing was changed.' }
    case 'Rejected':
      return {
        status: 422,
        code: codeOf(error.rejection),
        detail: 'The command was rejected. Nothing was changed.',
      }
    case 'VersionConflict':
      return conflict(error, options)
    case 'BoundaryConflict':
      return {
        status: 409,
        code: 'boundary-conflict',
        detail: 'Other requests changed what this one depends on. Nothing was changed.',
      }
    case 'CommandIdReused':
      return {
        status: 422,
        code: 'idempotency-key-reused',
        detail: 'Another request was handled under this Idempotency-Key. Nothing was changed.',
      }
    case 'VersionNotReached':
      return { status: 404, code: 'version-not-reached', detail: 'There is no such version yet.' }
    case 'LimitExceeded':
      return limit(error)
    case 'Overloaded':
      return {
        status: 503,
        code: 'overloaded',
        detail: 'Too many requests are waiting. Nothing was changed.',
        retryAfter,
      }
    case 'StoreFailed':
      return storeFailure(error, retryAfter, options)
    case 'NotReachedYet':
      return {
        status: 503,
        code: 'not-reached-yet',
        detail: `What is read here has not reached position ${error.wanted} yet.`,
        retryAfter,
        extensions: { reached: error.reached ?? null, wanted: error.wanted },
      }
    case 'ProjectionOutdated':
    case 'ProjectionNotBuilt':
    case 'SubscriptionStopped':
    case 'SubscriptionRemoved':
    case 'EventParked':
      return {
        status: 503,
        code: 'read-model-unavailable',
        detail: 'What is read here is not up to date, until an operator acts.',
      }
    case 'InvalidAppend':
    case 'InvalidQuery':
    case 'UndecodableEvent':
    case 'UnencodableEvent':
    case 'UndecodableDocument':
    case 'DeciderThrew':
    case 'ProjectionFailed':
      return INTERNAL
  }
}

/**
 * The problem document for an error. It never shows a cause, a stack, a statement, or the name of a stream: log the
 * error for those. Never throws: if a function of `options` does, it is `internal-error`.
 *
 * | status | code | error |
 * | - | - | - |
 * | 400 | `invalid-command` | `InvalidCommand`: every issue in `errors`, with a JSON pointer |
 * | 400 | `invalid-id` | `InvalidStreamId` |
 * | 404 | `version-not-reached` | `VersionNotReached` |
 * | 409 | `version-conflict` | `VersionConflict`: other writers were faster at every attempt |
 * | 409 | `boundary-conflict` | `BoundaryConflict`: the same for what a boundary depends on |
 * | 409 | `closed` | `StreamClosed` |
 * | 410 | `erased` | `StreamErased` |
 * | 412 | `precondition-failed` | `VersionConflict` with the preconditions of the request |
 * | 413 | `too-much-to-store` | `LimitExceeded` |
 * | 422 | the rejection's tag | `Rejected` |
 * | 422 | `idempotency-key-reused` | `CommandIdReused` |
 * | 503 | `overloaded`, `store-unavailable` | `Overloaded`, `StoreFailed`: nothing was written; `Retry-After` |
 * | 503 | `not-reached-yet` | `NotReachedYet`; `Retry-After` |
 * | 503 | `read-model-unavailable` | waits for an operator: `EventParked`, `SubscriptionStopped`, `ProjectionOutdated`, … |
 * | 504 | `outcome-unknown` | `StoreFailed` with outcome `unknown`; `Retry-After` if there is an `Idempotency-Key` |
 * | 500 | `internal-error` | a defect: `DeciderThrew`, `UndecodableEvent`, `ProjectionFailed`, … |
 *
 * @example
 * const result = await cards.handleCommand('G1', { type: 'RedeemGiftCard', amount: 20 })()
 * if (E.isLeft(result)) return problemResponse(problem(result.left))
 */
export const problem = <Rejection>(
  error: RequestError<Rejection>,
  { rejected, explain, types, retryAfter }: ProblemOptions<Rejection> = {},
  context: ProblemContext = {},
): Problem => {
  const made = catching(() => {
    const standard = standardOf(error, setting(retryAfter, 1, 0), context)
    const own =
      error._tag === 'Rejected'
        ? functionSetting(rejected, () => ({}))(error.rejection)
        : functionSetting(explain, () => undefined)(error)
    const code = own?.code ?? standard.code
    return problemOf(
      {
        ...(types === undefined ? {} : { type: types + code }),
        ...standard,
        ...own,
        extensions: { ...standard.extensions, ...own?.extensions },
      },
      standard,
    )
  })
  return made._tag === 'Right' ? made.right : internalError
}
