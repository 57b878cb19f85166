import type { StoreFailed, StoreFailure } from './errors/store'

/**
 * Whose fault a failure is.
 *
 * - `Infrastructure`: a server is away, full or switching over. It is waited out.
 * - `Codec`: the stored data does not fit the codec of this release. Another release may read it.
 * - `Crash`: it has ended its process again and again. It is not tried once more.
 * - `Event`: of the event, or of its handler. The poison policy applies.
 */
export type Fault = 'Infrastructure' | 'Codec' | 'Crash' | 'Event'

/** Whether the store itself is in trouble, whatever it was asked for. */
const isTroubled = (reason: StoreFailure): boolean => {
  switch (reason) {
    case 'Unavailable':
    case 'ConnectionLost':
    case 'NotMigrated':
    case 'AccessDenied':
    case 'TransactionRefused':
    case 'TimedOut':
    case 'ReadOnlyReplica':
    case 'SequenceBehind':
    case 'LocksNotVisible':
    case 'SchemaRenamed':
    case 'InvalidSchemaName':
      return true
    case 'TransactionAborted':
    case 'TransactionIdle':
    case 'DataRefused':
    case 'CorruptRow':
    case 'Unexpected':
      return false
  }
}

/**
 * Whether a transaction has failed because of what was written or done in it. Of several events one is to
 * blame then: fewer of them at a time show which one.
 */
export const isCausedByWork = (error: { readonly _tag: string }): error is StoreFailed =>
  isStoreFailed(error) && !isTroubled(error.reason)

const isStoreFailed = (error: object): error is StoreFailed =>
  '_tag' in error && error._tag === 'StoreFailed' && 'reason' in error

/** Codes that Node and database drivers put on errors when a server is away, full or switching over. */
const codes =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|UND_ERR_CONNECT_TIMEOUT|UND_ERR_SOCKET|08...|53...|57P0.|58...|40001|40P01|55P03|25006)$/

/** Failures wrap each other; one that contains itself is not followed for ever. */
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

/** Whose fault a handler's failure is, however deep its cause lies. Never throws. */
export const faultOf = (failure: unknown): Fault => {
  try {
    return faultIn(failure, 0)
  } catch {
    return 'Event' // a getter of the caller's own has thrown
  }
}
