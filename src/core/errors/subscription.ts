import { faultOf } from '../fault'
import { causeText } from '../issue'
import { propertyOf } from '../owns'
import type { Position, StreamId, StreamVersion } from '../stream'
import type { StoreFailed } from './store'

/**
 * Another instance owns the partition now, or its checkpoint has moved. Nothing was written: stop working on
 * the partition, claim again, and continue from its checkpoint.
 */
export interface LeaseLost {
  readonly _tag: 'LeaseLost'
  readonly subscription: string
  /** Which one: 0 to the number of partitions - 1. */
  readonly partition: number
  /** The token that is no longer the newest. */
  readonly token: number
  readonly message: string
}
/**
 * The error {@link LeaseLost}, for a step of an owner that another one has taken over from.
 *
 * @param partition - 0 to the number of partitions - 1.
 * @param token - that of the lease which is no longer the newest.
 *
 * @example
 * leaseLost('mails', 0, 7)
 */
export const leaseLost = (subscription: string, partition: number, token: number): LeaseLost => ({
  _tag: 'LeaseLost',
  subscription,
  partition,
  token,
  message: `Token ${token} no longer owns partition ${partition} of ${subscription}, or its checkpoint has moved. Nothing was written.`,
})

/** The application's handler failed or threw. What it wrote in the transaction was rolled back. */
export interface HandlerFailed {
  readonly _tag: 'HandlerFailed'
  readonly subscription: string
  /** The event that could not be handled. */
  readonly position: Position
  readonly cause: unknown
  readonly message: string
}
/**
 * The error {@link HandlerFailed}, for an event that the handler of a subscription could not handle.
 *
 * @param position - of that event.
 * @param cause - what the handler has answered or thrown.
 *
 * @example
 * handlerFailed('mails', 31, new Error('the mail server refused the address'))
 */
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

/** The application's handler did not answer in time. Its signal was aborted; it may still be running. */
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
 * The last owners in a row crashed, or lost their lease, while handling this same event or command. It is not
 * tried again until an operator decides.
 */
export interface EndedItsProcess {
  readonly _tag: 'EndedItsProcess'
  /** How many owners, at least. */
  readonly times: number
  readonly message: string
}
export const endedItsProcess = (times: number): EndedItsProcess => ({
  _tag: 'EndedItsProcess',
  times,
  message: `${times} owners in a row have crashed or lost their lease while handling it.`,
})

/** Why a command of a process could not be sent, for {@link failureNote}. */
export const sendingFailed = (process: string, commandId: string, cause: unknown) => ({
  message: `${process} could not send the command ${commandId}: ${failureText(cause)}.`,
  cause,
})

/** The text of a Left of any kind. The errors of this library have their own. */
const failureText = (cause: unknown): string =>
  propertyOf(cause, 'message') === undefined
    ? causeText(cause)
    : String(propertyOf(cause, 'message')).replace(/[.]$/, '')

/** What is stored of a failure, for people to read. */
export interface FailureNote {
  readonly message: string
  readonly stack?: string
  /** The position of the event that has stopped a partition. */
  readonly position?: Position
  /** The stored data did not match a codec. The next owner tries again: its release may decode it. */
  readonly undecodable?: true
}

/** A failure as it is stored. Never throws. */
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

/** The poison policy has stopped the subscription. It can run again once an operator resumes it. */
export interface SubscriptionStopped {
  readonly _tag: 'SubscriptionStopped'
  readonly subscription: string
  /** Which one: 0 to the number of partitions - 1. */
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
  /** How many this program declares. */
  readonly partitions: number
  /** How many the subscription was created with. */
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
  message: `${subscription} has ${stored} partitions, but this program declares ${partitions}. Declare ${stored}, or repartition it.`,
})

/**
 * The checkpoint is beyond the end of the store: the store was restored or failed over, and has lost events that
 * were handled already. Its next events would never be handled. The partition is stopped.
 */
export interface CheckpointAhead {
  readonly _tag: 'CheckpointAhead'
  readonly subscription: string
  /** Which one: 0 to the number of partitions - 1. */
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
    `The checkpoint of partition ${partition} of ${subscription} is at ${position}, but the store ends at ${highest}: ` +
    'it has lost events, or is another store. Find out what is missing, then reset the subscription.',
})

/**
 * The checkpoint belongs to another store, or to the time before a restore: the same positions stand for other
 * events here. The partition is stopped.
 */
export interface OtherLineage {
  readonly _tag: 'OtherLineage'
  readonly subscription: string
  /** Which one: 0 to the number of partitions - 1. */
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
    `The checkpoint of partition ${partition} of ${subscription} (${position}) has the lineage ${lineage}, but the store ` +
    `has ${actual}: it is another store, or was restored. Reset the subscription to where it should continue.`,
})

/** The subscription did not reach the position in time. It may still. */
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
  message: `${subscription} ${
    reached === undefined ? 'was never started' : `has reached position ${reached}`
  }; position ${wanted} was requested.`,
})

/** The subscription was removed while it ran, or while a caller waited for it. */
export interface SubscriptionRemoved {
  readonly _tag: 'SubscriptionRemoved'
  readonly subscription: string
  readonly message: string
}
export const subscriptionRemoved = (subscription: string): SubscriptionRemoved => ({
  _tag: 'SubscriptionRemoved',
  subscription,
  message: `${subscription} was removed. If it is started again, it begins at its declared start.`,
})

/** The awaited event is parked, or is held back by a parked event of its stream, until an operator decides. */
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

/** Why waiting for a subscription failed. */
export type WaitError =
  NotReachedYet | SubscriptionStopped | SubscriptionRemoved | EventParked | StoreFailed

/** Why a partition is stopped until an operator decides. */
export type PartitionStopped = SubscriptionStopped | CheckpointAhead | OtherLineage

/** Why running a subscription can fail. */
export type SubscriptionError =
  PartitionStopped | SubscriptionMismatch | SubscriptionRemoved | StoreFailed
