import { faultOf } from '../fault'
import { causeText } from '../issue'
import { propertyOf } from '../owns'
import type { Position, StreamId, StreamVersion } from '../stream'
import type { StoreFailed } from './store'

/**
 * Somebody else owns the partition now, or its checkpoint has moved. What was to be written was not
 * written: stop working on it, claim again, and go on from where it is.
 */
export interface LeaseLost {
  readonly _tag: 'LeaseLost'
  readonly subscription: string
  readonly partition: number
  /** The token that is no longer the newest. */
  readonly token: number
  readonly message: string
}
export const leaseLost = (subscription: string, partition: number, token: number): LeaseLost => ({
  _tag: 'LeaseLost',
  subscription,
  partition,
  token,
  message: `Partition ${partition} of ${subscription} has moved on without its owner with token ${token}. Nothing was written.`,
})

/** The caller's handler said no, or threw. Nothing that it wrote in the transaction was kept. */
export interface HandlerFailed {
  readonly _tag: 'HandlerFailed'
  readonly subscription: string
  /** The event that could not be handled. */
  readonly position: Position
  readonly cause: unknown
  readonly message: string
}
export const handlerFailed = (
  subscription: string,
  position: Position,
  cause: unknown,
): HandlerFailed => ({
  _tag: 'HandlerFailed',
  subscription,
  position,
  cause,
  message: `${subscription} could not handle the event at position ${position}: ${failureText(cause)}.`,
})

/** The caller's handler did not answer in time. Its signal was aborted; it may be at work still. */
export interface HandlerTimedOut {
  readonly _tag: 'HandlerTimedOut'
  /** Milliseconds: the setting `handlerTimeout`. */
  readonly timeout: number
  readonly message: string
}
export const handlerTimedOut = (timeout: number): HandlerTimedOut => ({
  _tag: 'HandlerTimedOut',
  timeout,
  message: `The handler did not answer within ${timeout} ms (handlerTimeout).`,
})

/**
 * The process of each of the last owners ended, or lost its lease, while it was at one and the same event
 * or command. It is not tried again without an operator.
 */
export interface EndedItsProcess {
  readonly _tag: 'EndedItsProcess'
  /** How often, at least. */
  readonly times: number
  readonly message: string
}
export const endedItsProcess = (times: number): EndedItsProcess => ({
  _tag: 'EndedItsProcess',
  times,
  message: `${times} owners in a row have ended or lost their lease while they were at it.`,
})

/** Why a command of a process could not be sent, for {@link failureNote}. */
export const sendingFailed = (process: string, commandId: string, cause: unknown) => ({
  message: `${process} could not send the command ${commandId}: ${failureText(cause)}.`,
  cause,
})

/** The text of a Left of any kind: our errors bring their own. */
const failureText = (cause: unknown): string =>
  propertyOf(cause, 'message') === undefined
    ? causeText(cause)
    : String(propertyOf(cause, 'message')).replace(/[.]$/, '')

/** What is kept of a failure, for people. */
export interface FailureNote {
  readonly message: string
  readonly stack?: string
  /** The event that has stopped a partition. */
  readonly position?: Position
  /** The stored data did not fit a codec. The next owner tries again: its release may read it. */
  readonly undecodable?: true
}

/** A failure as it is kept in a store. Never throws. */
export const failureNote = ({ message, cause }: Pick<HandlerFailed, 'message' | 'cause'>) => {
  const stack = cause instanceof Error ? cause.stack : undefined
  const note: FailureNote = {
    message: storable(message),
    ...(stack === undefined ? {} : { stack: storable(stack) }),
    ...(faultOf(cause) === 'Codec' ? { undecodable: true } : {}),
  }
  return note
}

const MOST_CHARACTERS = 8_000

const storable = (text: string): string =>
  text.slice(0, MOST_CHARACTERS).replaceAll('\u0000', '').toWellFormed()

/** The poison policy has stopped the subscription. It starts again once an operator resumes it. */
export interface SubscriptionStopped {
  readonly _tag: 'SubscriptionStopped'
  readonly subscription: string
  readonly partition: number
  readonly failure: FailureNote
  readonly message: string
}
export const subscriptionStopped = (
  subscription: string,
  partition: number,
  failure: FailureNote,
): SubscriptionStopped => ({
  _tag: 'SubscriptionStopped',
  subscription,
  partition,
  failure,
  message: `${subscription} is stopped at partition ${partition} until it is resumed. ${failure.message}`,
})

/** The subscription was created with another number of partitions. Nothing was changed. */
export interface SubscriptionMismatch {
  readonly _tag: 'SubscriptionMismatch'
  readonly subscription: string
  readonly partitions: number
  readonly stored: number
  readonly message: string
}
export const subscriptionMismatch = (
  subscription: string,
  partitions: number,
  stored: number,
): SubscriptionMismatch => ({
  _tag: 'SubscriptionMismatch',
  subscription,
  partitions,
  stored,
  message: `${subscription} has ${stored} partitions, and not ${partitions}: give it a new name, or remove it first.`,
})

/**
 * The checkpoint lies beyond everything in the store: the store was restored or failed over, and has lost what
 * was done already. Its next events would never be handled. The partition stands still.
 */
export interface CheckpointAhead {
  readonly _tag: 'CheckpointAhead'
  readonly subscription: string
  readonly partition: number
  readonly position: Position
  /** The highest position in the store. */
  readonly highest: Position
  readonly message: string
}
export const checkpointAhead = (
  {
    subscription,
    partition,
    position,
  }: Pick<CheckpointAhead, 'subscription' | 'partition' | 'position'>,
  highest: Position,
): CheckpointAhead => ({
  _tag: 'CheckpointAhead',
  subscription,
  partition,
  position,
  highest,
  message:
    `The checkpoint of partition ${partition} of ${subscription} is at ${position}, and the store ends at ${highest}: ` +
    'it has lost events, or is another one. Find out what is missing, then set the subscription back (reset).',
})

/**
 * The checkpoint belongs to another store, or to the time before a restore: the same positions stand for other
 * events here. The partition stands still.
 */
export interface OtherLineage {
  readonly _tag: 'OtherLineage'
  readonly subscription: string
  readonly partition: number
  readonly position: Position
  /** Of the checkpoint. */
  readonly lineage: string
  /** Of the store. */
  readonly actual: string
  readonly message: string
}
export const otherLineage = (
  {
    subscription,
    partition,
    position,
  }: Pick<OtherLineage, 'subscription' | 'partition' | 'position'>,
  lineage: string,
  actual: string,
): OtherLineage => ({
  _tag: 'OtherLineage',
  subscription,
  partition,
  position,
  lineage,
  actual,
  message:
    `The checkpoint of partition ${partition} of ${subscription} (${position}) is of the lineage ${lineage}, and the store ` +
    `of ${actual}: it is another store, or was restored. Set the subscription to where it should go on (reset).`,
})

/** The subscription has not come so far in time. It may still. */
export interface NotReachedYet {
  readonly _tag: 'NotReachedYet'
  readonly subscription: string
  readonly wanted: Position
  /** How far it has come. `undefined`: it was never started. */
  readonly reached: Position | undefined
  readonly message: string
}
export const notReachedYet = (
  subscription: string,
  wanted: Position,
  reached: Position | undefined,
): NotReachedYet => ({
  _tag: 'NotReachedYet',
  subscription,
  wanted,
  reached,
  message: `${subscription} was to reach position ${wanted} and ${
    reached === undefined ? 'was never started' : `is at ${reached}`
  }.`,
})

/** The subscription was removed while it was run, or waited for. */
export interface SubscriptionRemoved {
  readonly _tag: 'SubscriptionRemoved'
  readonly subscription: string
  readonly message: string
}
export const subscriptionRemoved = (subscription: string): SubscriptionRemoved => ({
  _tag: 'SubscriptionRemoved',
  subscription,
  message: `${subscription} was removed. Started again, it begins where it is told to.`,
})

/** The event that is waited for is parked, or stands behind one that is: an operator decides. */
export interface EventParked {
  readonly _tag: 'EventParked'
  readonly subscription: string
  readonly streamId: StreamId
  /** The event that could not be handled. */
  readonly version: StreamVersion
  readonly position: Position
  readonly failure: FailureNote
  readonly message: string
}
export const eventParked = (
  subscription: string,
  { streamId, version, position, failure }: Omit<EventParked, '_tag' | 'subscription' | 'message'>,
): EventParked => ({
  _tag: 'EventParked',
  subscription,
  streamId,
  version,
  position,
  failure,
  message: `${subscription} has parked event ${version} of ${streamId} (position ${position}) until an operator decides: ${failure.message}`,
})

/** Why waiting for a subscription has ended without success. */
export type WaitError =
  NotReachedYet | SubscriptionStopped | SubscriptionRemoved | EventParked | StoreFailed

/** Why a partition stands still until an operator has decided. */
export type PartitionStopped = SubscriptionStopped | CheckpointAhead | OtherLineage

/** What running a subscription can end with, other than being asked to stop. */
export type SubscriptionError =
  PartitionStopped | SubscriptionMismatch | SubscriptionRemoved | StoreFailed
