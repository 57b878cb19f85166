import type { FencedOff, HandlerFailed } from '../../core/errors/subscription'
import type { ReadError } from '../../core/errors/unions'
import type { Backend } from '../../core/ports/backend'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { HeldStream } from '../../core/ports/subscription-store'

/** Where a subscription reads from: an event store, or its reading half. */
export type EventSource = Pick<EventStore, 'readAll' | 'read'> & Partial<EventLocator>

/** What a subscription needs of a backend. */
export interface SubscriptionBackend<Transaction> extends Pick<
  Backend<Transaction>,
  'subscriptions' | 'wakeUps'
> {
  readonly store: EventSource
}

/** How long something runs, and who follows it: the same for everything that runs. */
export interface RunOptions<Notice> {
  /** Aborted: finish the batch in hand, save, give the lease back. There is no other way to stop. */
  readonly signal: AbortSignal
  /** Called with what happens. It must not throw. Default: nothing is called. */
  readonly observe?: (notice: Notice) => void
}

/** Where and how a subscription runs. */
export interface SubscriptionEnvironment<Transaction>
  extends SubscriptionBackend<Transaction>, RunOptions<SubscriptionNotice> {}

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
