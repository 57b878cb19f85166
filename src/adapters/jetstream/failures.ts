import { type StoreFailed, storeFailed, type StoreFailure } from '../../core/errors/store'

/** What became of a request that was not done. */
export interface Trouble {
  readonly reason: StoreFailure
  /** Whether a server may have received it, and may do it yet. */
  readonly received: 'no' | 'perhaps'
  /** Whether it is worth sending again: what is in the way passes by itself. */
  readonly passing: boolean
  readonly cause: unknown
  readonly advice?: string
}

/** The names of an error and of its causes: two copies of the client library have different classes of the same name. */
const namesOf = (cause: unknown, depth = 0): ReadonlyArray<string> =>
  cause instanceof Error && depth < 5 ? [cause.name, ...namesOf(cause.cause, depth + 1)] : []

const OF_CLIENT: ReadonlyArray<readonly [string, Omit<Trouble, 'cause'>]> = [
  ['PermissionViolationError', { reason: 'AccessDenied', received: 'no', passing: false }],
  ['AuthorizationError', { reason: 'AccessDenied', received: 'no', passing: false }],
  ['UserAuthenticationExpiredError', { reason: 'AccessDenied', received: 'no', passing: false }],
  ['NoResponders', { reason: 'Unavailable', received: 'no', passing: true }],
  ['TimeoutError', { reason: 'TimedOut', received: 'perhaps', passing: true }],
  ['ClosedConnectionError', { reason: 'Unavailable', received: 'perhaps', passing: false }],
  ['DrainingConnectionError', { reason: 'Unavailable', received: 'no', passing: false }],
  ['ConnectionError', { reason: 'ConnectionLost', received: 'perhaps', passing: true }],
  ['InvalidArgumentError', { reason: 'DataRefused', received: 'no', passing: false }],
  ['InvalidSubjectError', { reason: 'DataRefused', received: 'no', passing: false }],
]

/** Why a request has no answer, from what the client library has thrown. */
export const troubleOf = (cause: unknown): Trouble => {
  const names = namesOf(cause)
  const known = OF_CLIENT.find(([name]) => names.includes(name))
  return {
    ...(known?.[1] ?? { reason: 'Unexpected', received: 'perhaps', passing: false }),
    cause,
  }
}

/** An error of the server's JetStream, as it answers it. */
export interface ApiError {
  readonly code: number
  readonly err_code: number
  readonly description: string
}

/** The codes of the server that mean that a message is not there, or is not where it was expected. */
export const MESSAGE_NOT_FOUND = 10_037
const WRONG_LAST_SEQUENCE = 10_071
/** The same, but nothing was compared. */
const WRONG_LAST_SEQUENCE_CONSTANT = 10_164

/** Whether the expectation was compared, and does not hold. */
export const isWrongSequence = ({ err_code: code }: ApiError): boolean =>
  code === WRONG_LAST_SEQUENCE

/**
 * Whether the leader has compared nothing, because it is not done with another message of the subject: one that is being
 * stored, or one that it has acknowledged a moment ago.
 */
export const isInFlight = ({ err_code: code }: ApiError): boolean =>
  code === WRONG_LAST_SEQUENCE_CONSTANT

const notSetUp = 'run `migrate` of the backend once, before anything else'
const fullAdvice =
  'give the account or the servers more storage: nothing is stored until there is room'

const OF_SERVER: ReadonlyMap<number, Omit<Trouble, 'cause'>> = new Map([
  [10_059, { reason: 'NotMigrated', received: 'no', passing: false, advice: notSetUp }],
  [10_174, { reason: 'NotMigrated', received: 'no', passing: false, advice: notSetUp }],
  [10_035, { reason: 'AccessDenied', received: 'no', passing: false }], // no account
  [10_039, { reason: 'AccessDenied', received: 'no', passing: false }], // not enabled for the account
  [10_023, { reason: 'StorageFull', received: 'no', passing: false, advice: fullAdvice }],
  [10_028, { reason: 'StorageFull', received: 'no', passing: false, advice: fullAdvice }],
  [10_047, { reason: 'StorageFull', received: 'no', passing: false, advice: fullAdvice }],
  [10_077, { reason: 'StorageFull', received: 'no', passing: false, advice: fullAdvice }],
  [10_054, { reason: 'DataRefused', received: 'no', passing: false }], // larger than the stream takes
  [10_199, { reason: 'DataRefused', received: 'no', passing: false }], // a batch that is too large
  [10_176, { reason: 'Unavailable', received: 'no', passing: true }], // a batch of which a part was lost
  [10_210, { reason: 'Unavailable', received: 'no', passing: true }], // too many batches at once
  [10_211, { reason: 'Unavailable', received: 'no', passing: true }],
])

/** Why the server has not done it. */
export const refusalOf = (error: ApiError): Trouble => {
  const cause = new Error(`${error.description} (${error.err_code})`)
  const known = OF_SERVER.get(error.err_code)
  if (known !== undefined) return { ...known, cause }
  // 503: no leader at the moment, the cluster starts, a peer is missing.
  return error.code === 503 || error.code === 429
    ? { reason: 'Unavailable', received: 'no', passing: true, cause }
    : { reason: 'Unexpected', received: 'no', passing: false, cause }
}

/** The failure of a read. */
export const readFailed = ({ reason, cause, advice }: Trouble): StoreFailed =>
  storeFailed(reason, 'nothingWritten', cause, advice)

/** The failure of a write, of which an earlier attempt may have been received. */
export const writeFailed = (
  { reason, cause, advice, received }: Trouble,
  doubtful: boolean,
): StoreFailed =>
  storeFailed(
    reason,
    doubtful || received === 'perhaps' ? 'unknown' : 'nothingWritten',
    cause,
    advice,
  )
