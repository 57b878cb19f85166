import type { FencedOff, HandlerFailed } from '../../core/errors/subscription'
import type { ReadError } from '../../core/errors/unions'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { HeldStream, SubscriptionStore } from '../../core/ports/subscription-store'
import type { WakeUps } from '../../core/ports/wake-ups'

/** Where a subscription reads from: an event store, or its reading half. */
export type EventSource = Pick<EventStore, 'readAll' | 'read'> & Partial<EventLocator>

/** What a subscription lives in. */
export interface SubscriptionEnvironment<Transaction> {
  readonly store: EventSource
  readonly subscriptions: SubscriptionStore<Transaction>
  /** Aborted: finish the batch in hand, save, give the lease back. */
  readonly signal: AbortSignal
  /** Hints of new events. Left out: it only looks from time to time. */
  readonly wakeUps?: WakeUps
  /** Told what happens. It must not throw. Default: nobody is told. */
  readonly observe?: (notice: SubscriptionNotice) => void
}

/** What happens to a subscription: for logs and counters. */
export type SubscriptionNotice =
  | {
      readonly _tag: 'PartitionStarted' | 'PartitionEnded'
      readonly subscription: string
      readonly partition: number
    }
  /** An event could not be handled. `parked`: nothing more happens to its stream without an operator. */
  | {
      readonly _tag: 'EventFailed'
      readonly subscription: string
      readonly stream: HeldStream
      readonly parked: boolean
    }
  /** The stream is not held back any more. */
  | { readonly _tag: 'StreamReleased'; readonly subscription: string; readonly streamId: string }
  /** A store did not do what was asked. It will be asked again. */
  | {
      readonly _tag: 'SubscriptionTroubled'
      readonly subscription: string
      readonly error: ReadError | FencedOff | HandlerFailed
    }
