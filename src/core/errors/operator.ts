import type { Position, StreamId } from '../stream'
import { firstThree } from '../text'

/** There is no subscription of that name. Nothing was changed. */
export interface SubscriptionNotFound {
  readonly _tag: 'SubscriptionNotFound'
  readonly subscription: string
  /** Names of subscriptions that there are, at most 20. Empty: none, or they were not looked up. */
  readonly known: ReadonlyArray<string>
  readonly message: string
}
export const subscriptionNotFound = (
  subscription: string,
  known?: ReadonlyArray<string>,
): SubscriptionNotFound => ({
  _tag: 'SubscriptionNotFound',
  subscription,
  known: known ?? [],
  message: `There is no subscription ${subscription}${knownText(known)}.`,
})

const knownText = (known: ReadonlyArray<string> | undefined): string => {
  if (known === undefined) return ''
  return known.length === 0
    ? ': no subscription has ever been started here'
    : `. There is: ${known.join(', ')}`
}

/** An instance holds a lease of the subscription at this moment. Nothing was changed. */
export interface SubscriptionRunning {
  readonly _tag: 'SubscriptionRunning'
  readonly subscription: string
  /** The instance that holds the lease. */
  readonly owner: string
  /** Milliseconds since its last heartbeat. */
  readonly heartbeatAge: number
  readonly message: string
}
export const subscriptionRunning = (
  subscription: string,
  owner: string,
  heartbeatAge: number,
): SubscriptionRunning => ({
  _tag: 'SubscriptionRunning',
  subscription,
  owner,
  heartbeatAge,
  message: `${subscription} is running (owner ${owner}, last heartbeat ${Math.round(Math.max(0, heartbeatAge) / 1000)} s ago). Nothing was changed.`,
})

/** The subscription keeps the documents of a projection: they would become wrong. Nothing was changed. */
export interface SubscriptionKeepsProjection {
  readonly _tag: 'SubscriptionKeepsProjection'
  readonly subscription: string
  readonly projection: string
  readonly message: string
}
export const subscriptionKeepsProjection = (
  subscription: string,
  projection: string,
): SubscriptionKeepsProjection => ({
  _tag: 'SubscriptionKeepsProjection',
  subscription,
  projection,
  message: `${subscription} keeps the documents of the projection ${projection}, and they would become wrong. Nothing was changed: rebuild the projection instead.`,
})

/** The new name is taken: by a subscription, or by what a process manager has left. Nothing was changed. */
export interface SubscriptionExists {
  readonly _tag: 'SubscriptionExists'
  readonly subscription: string
  readonly message: string
}
export const subscriptionExists = (subscription: string): SubscriptionExists => ({
  _tag: 'SubscriptionExists',
  subscription,
  message: `The name ${subscription} is taken. Nothing was changed.`,
})

/** Subscriptions have not handled all events of a stream that were to leave their sight. Nothing was changed. */
export interface SubscriptionsBehind {
  readonly _tag: 'SubscriptionsBehind'
  readonly streamId: StreamId
  /** In the order of their names. 1 or more. */
  readonly subscriptions: ReadonlyArray<string>
  readonly message: string
}
export const subscriptionsBehind = (
  streamId: StreamId,
  subscriptions: ReadonlyArray<string>,
): SubscriptionsBehind => ({
  _tag: 'SubscriptionsBehind',
  streamId,
  subscriptions,
  message: `Not all events of ${streamId} were handled by ${firstThree(subscriptions)}. Nothing was changed: let them catch up, or remove what nobody runs.`,
})

/** The partitions of the subscription are at different positions. Nothing was changed. */
export interface PartitionsApart {
  readonly _tag: 'PartitionsApart'
  readonly subscription: string
  /** The lowest and the highest checkpoint of its partitions. */
  readonly lowest: Position
  readonly highest: Position
  readonly message: string
}
export const partitionsApart = (
  subscription: string,
  lowest: Position,
  highest: Position,
): PartitionsApart => ({
  _tag: 'PartitionsApart',
  subscription,
  lowest,
  highest,
  message: `The partitions of ${subscription} are between positions ${lowest} and ${highest}. Nothing was changed: let all of them catch up first.`,
})

/** An argument of an operator's action is out of range. Nothing was changed. */
export interface InvalidOperation {
  readonly _tag: 'InvalidOperation'
  readonly argument: string
  readonly reason: string
  readonly message: string
}
export const invalidOperation = (argument: string, reason: string): InvalidOperation => ({
  _tag: 'InvalidOperation',
  argument,
  reason,
  message: `The ${argument} ${reason}. Nothing was changed.`,
})
