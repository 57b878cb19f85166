import type { StoreFailed, StoreFailure } from './errors/store'

/**
 * The origin of a failure.
 *
 * - `Infrastructure`: a server is down, overloaded or failing over. The event is retried until it is back.
 * - `Codec`: the stored data does not match the codec of this release. Another release may read it.
 * - `Crash`: the event has crashed its process repeatedly. It is not retried.
 * - `Event`: the event or its handler. The poison policy applies.
 */
export type Fault = 'Infrastructure' | 'Codec' | 'Crash' | 'Event'

/** Whether the store itself is in trouble, independent of the request. */
const isTroubled = (reason: StoreFailure): boolean => {
  switch (reason) {
    case 'Unavailable':
    case 'PoolExhausted':
    case 'ConnectionLost':
    case 'NotMigrated':
    case 'AccessDenied':
    case 'TransactionRefused':
    case 'TimedOut':
    case 'ReadOnlyReplica':
    case 'SequenceBehind':
    case 'LocksNotVisible':
    case 'SchemaRenamed':
    case 'WrongIsolation':
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
      return true
    case 'TransactionAborted':
    case 'TransactionIdle':
    case 'DataRefused':
    case 'CorruptRow':
    case 'Truncated':
    case 'Unexpected':
      return false
  }
}

/**
 * Whether a transaction failed because of the work in it. If it handled several events, one of them is the
 * cause: smaller batches show which.
 */
export const isCausedByWork = (error: { readonly _tag: string }): error is StoreFailed =>
  isStoreFailed(error) && !isTroubled(error.reason)

/** What passes: a server that restarts, fails over, is overloaded, or is given room. The others need another release, or a repair. */
const passing: ReadonlySet<StoreFailure> = new Set([
  'Unavailable',
  'PoolExhausted',
  'ConnectionLost',
  'TransactionRefused',
  'TimedOut',
  'ReadOnlyReplica',
  'SlotMoving',
  'MasterKeyUnavailable',
  'StorageFull',
])

/** Whether the store was away, and may be back soon. */
export const isOutage = (error: { readonly _tag: string }): error is StoreFailed =>
  isStoreFailed(error) && passing.has(error.reason)

const isStoreFailed = (error: object): error is StoreFailed =>
  '_tag' in error && error._tag === 'StoreFailed' && 'reason' in error

/** Error codes of Node and of database drivers for a server that is down, overloaded or failing over. */
const codes =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|UND_ERR_CONNECT_TIMEOUT|UND_ERR_SOCKET|08...|53...|57P0.|58...|40001|40P01|55P03|25006)$/

/** How deep causes are followed. A failure may contain itself. */
const DEEPEST = 8

const faultIn = (failure: unknown, depth: number): Fault => {
  if (typeof failure !== 'object' || failure === null || depth > DEEPEST) return 'Event'
  if (isStoreFailed(failure)) return isTroubled(failure.reason) ? 'Infrastructure' : 'Event'
  if ('_tag' in failure) {
    const { _tag: tag } = failure
    if (tag === 'TransientFailure' || tag === 'Overloaded') return 'Infrastructure'
    if (tag === 'EndedItsProcess') return 'Crash'
    if (typeof tag === 'string' && tag.startsWith('Undecodable')) return 'Codec'
  }
  if ('code' in failure && codes.test(String(failure.code))) return 'Infrastructure'
  if ('errors' in failure && Array.isArray(failure.errors) && failure.errors.length > 0) {
    return faultIn(failure.errors[0], depth + 1)
  }
  return 'cause' in failure ? faultIn(failure.cause, depth + 1) : 'Event'
}

/**
 * The origin of a handler's failure, from its chain of causes. Never throws.
 *
 * @example
 * faultOf(transientFailure('the partner is down')) // 'Infrastructure'
 */
export const faultOf = (failure: unknown): Fault => {
  try {
    return faultIn(failure, 0)
  } catch {
    return 'Event' // a getter of the failure has thrown
  }
}
