import { hasControlCharacter } from '../code-points'
import {
  type InvalidOperation,
  invalidOperation,
  type SubscriptionKeepsProjection,
  subscriptionKeepsProjection,
  type SubscriptionNotFound,
  subscriptionNotFound,
  type SubscriptionRunning,
  subscriptionRunning,
} from '../errors/operator'
import { type StoreFailed, storeFailed } from '../errors/store'
import type { RunningOwners } from '../ports/operator'
import { processOf } from '../process-manager'
import type { Position } from '../stream'

export const MAXIMUM_PARTITIONS = 1024
const MAXIMUM_NAME_LENGTH = 255

const isWithin = (number: number, least: number, most: number): boolean =>
  Number.isSafeInteger(number) && number >= least && number <= most

/** Why a subscription cannot be moved to `position`, or `undefined`. */
export const positionError = (
  position: Position,
  horizon: Position,
): InvalidOperation | undefined => {
  if (!isWithin(position, 0, Number.MAX_SAFE_INTEGER)) {
    return invalidOperation('position', `must be a whole number, 0 or more; got ${position}`)
  }
  return position > horizon
    ? invalidOperation('position', `is ${position}, and subscribers can read up to ${horizon} only`)
    : undefined
}

/** Why the number of partitions is not valid, or `undefined`. */
export const partitionsError = (partitions: number): InvalidOperation | undefined =>
  isWithin(partitions, 1, MAXIMUM_PARTITIONS)
    ? undefined
    : invalidOperation(
        'number of partitions',
        `must be a whole number from 1 to ${MAXIMUM_PARTITIONS}; got ${partitions}`,
      )

/** The error for a number of partitions that is not valid: the same for every store. */
export const partitionsRefusal = ({
  partitions,
}: {
  readonly partitions: number
}): StoreFailed | undefined => {
  const problem = partitionsError(partitions)
  return problem && storeFailed('DataRefused', 'nothingWritten', partitions, problem.message)
}

/** Why a subscription cannot be renamed to `to`, or `undefined`. */
export const newNameError = (subscription: string, to: string): InvalidOperation | undefined => {
  const process = processOf(to)
  if (to.length < 1 || to.length > MAXIMUM_NAME_LENGTH || process === '') {
    return invalidOperation('new name', `must have 1 to ${MAXIMUM_NAME_LENGTH} characters`)
  }
  if (hasControlCharacter(to) || !to.isWellFormed()) {
    return invalidOperation('new name', 'contains a control character or a lone surrogate')
  }
  return (process === undefined) === (processOf(subscription) === undefined)
    ? undefined
    : invalidOperation(
        'new name',
        'must begin with process: if, and only if, the old one does: it names a process manager',
      )
}

/** The facts about a subscription that decide whether an action is allowed. */
export interface ActionSubject {
  /** The projection whose build it keeps. */
  readonly projection: string | undefined
  /** The instance that holds a lease of it. */
  readonly running: { readonly owner: string; readonly heartbeatAge: number } | undefined
}

/** `undefined`: there is no such subscription. */
export const missingError = (
  subscription: string,
  subject: ActionSubject | undefined,
): SubscriptionNotFound | undefined =>
  subject === undefined ? subscriptionNotFound(subscription) : undefined

/** Why an action that would make documents wrong is not allowed, or `undefined`. */
export const projectionError = (
  subscription: string,
  subject: ActionSubject | undefined,
): SubscriptionKeepsProjection | undefined =>
  subject?.projection === undefined
    ? undefined
    : subscriptionKeepsProjection(subscription, subject.projection)

/** Why an action is not allowed while an instance holds a lease, or `undefined`. */
export const runningError = (
  subscription: string,
  subject: ActionSubject | undefined,
  owners: RunningOwners,
): SubscriptionRunning | undefined =>
  owners === 'fenceOff' || subject?.running === undefined
    ? undefined
    : subscriptionRunning(subscription, subject.running.owner, subject.running.heartbeatAge)
