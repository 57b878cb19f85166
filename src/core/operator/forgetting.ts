import { invalidOperation, type InvalidOperation } from '../errors/operator'
import { textIssue } from '../json'
import { actionProblem } from './audit'
import { reasonProblem } from './erasure'

/** Whom to forget, and what is written down about it. */
export interface Forgetting {
  /** What `subjectOf` of the personal fields gives. 1 to 255 characters. It is kept for ever, in the audit and in the events. */
  readonly subject: string
  /** Who has decided it. 1 to 255 characters, none of them a control character. */
  readonly by: string
  /** Why. 1 to 2,000 characters. It is kept for ever: name no person. */
  readonly why: string
  /** A subject without personal data in the store is `refuse`d (default), or forgotten, too, and can have none any more. */
  readonly ifUnknown?: 'refuse' | 'forget'
}

/** A subject that was forgotten, as it is written down in the audit: action `forget`. */
export interface ForgottenSubject extends Omit<Forgetting, 'ifUnknown'> {
  /** Milliseconds since 1970-01-01 UTC, by the store's clock. */
  readonly forgottenAt: number
}

/** The longest id of a subject, in characters. */
export const LONGEST_SUBJECT = 255

/**
 * Why `subject` cannot be whom personal data is about, in words, or `undefined`.
 *
 * @example
 * subjectProblem('customer-7') // undefined
 */
export const subjectProblem = (subject: unknown): string | undefined =>
  typeof subject === 'string' &&
  subject.length > 0 &&
  subject.length <= LONGEST_SUBJECT &&
  textIssue(subject) === undefined
    ? undefined
    : `must have 1 to ${LONGEST_SUBJECT} characters`

/**
 * Why this is no valid request to forget a subject, or `undefined`. Every store calls it first.
 *
 * @example
 * forgettingProblem({ subject: 'customer-7', by: 'grace', why: '' })?._tag // 'InvalidOperation'
 */
export const forgettingProblem = ({
  subject,
  by,
  why,
  ifUnknown = 'refuse',
}: Forgetting): InvalidOperation | undefined => {
  const wrong = subjectProblem(subject)
  if (wrong !== undefined) return invalidOperation('subject', wrong)
  if (!['refuse', 'forget'].includes(ifUnknown)) {
    return invalidOperation('ifUnknown', 'must be refuse or forget')
  }
  return (
    actionProblem({ operator: by, action: 'forget', subject, detail: {} }) ?? reasonProblem(why)
  )
}

/**
 * There is no personal data of this subject: it has no key.
 *
 * @example
 * nothingToForget('customer-7')._tag // 'InvalidOperation'
 */
export const nothingToForget = (subject: string): InvalidOperation =>
  invalidOperation('subject', `${subject} has no personal data here`)
