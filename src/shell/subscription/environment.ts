import type { FailureNote, LeaseLost, HandlerFailed } from '../../core/errors/subscription'
import type { ReadError } from '../../core/errors/unions'
import type { Backend } from '../../core/ports/backend'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { FailedOutboxCommand } from '../../core/ports/outbox'
import type { HeldStream, MissingFilter } from '../../core/ports/subscription-store'

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
  /** Aborted: finish the event in hand, save, give the lease back. There is no other way to stop. */
  readonly signal: AbortSignal
  /** Called with what happens. It must not throw. Default: nothing is called. */
  readonly onNotice?: (notice: Notice) => void
}

/** Where and how a subscription runs. */
export interface SubscriptionEnvironment<Transaction>
  extends SubscriptionBackend<Transaction>, RunOptions<SubscriptionNotice> {}

/** What happens to a subscription: for logs and counters. Every state is told once, when it begins. */
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
  /**
   * A store did not do what was asked. It will be asked again. `partition` `undefined`: no partition could be
   * claimed.
   */
  | {
      readonly _tag: 'SubscriptionTroubled'
      readonly subscription: string
      readonly partition: number | undefined
      readonly error: ReadError | LeaseLost | HandlerFailed
    }
  /** What was troubled works again. */
  | {
      readonly _tag: 'SubscriptionRecovered'
      readonly subscription: string
      readonly partition: number | undefined
    }
  /**
   * Events of many streams, or commands of many processes, fail one after another, and none succeeds:
   * nothing is held back for it, but the partition is tried again after a pause.
   */
  | {
      readonly _tag: 'PartitionPaused'
      readonly subscription: string
      readonly partition: number
      readonly failure: FailureNote
    }
  | {
      readonly _tag: 'PartitionResumed'
      readonly subscription: string
      readonly partition: number
    }
  /** Another release has declared more than this instance reads: it gets nothing to do. */
  | {
      readonly _tag: 'FilterOutdated'
      readonly subscription: string
      readonly missing: MissingFilter
    }
  /** It reads all that was declared again: an operator has narrowed the filter. */
  | { readonly _tag: 'FilterCurrent'; readonly subscription: string }
  /** It had to end before these partitions were done. Their next owner has to wait for the lease. */
  | {
      readonly _tag: 'StopTimedOut'
      readonly subscription: string
      readonly partitions: ReadonlyArray<number>
    }
  /** A command of a process could not be sent. `parked`: an operator decides. */
  | {
      readonly _tag: 'CommandFailed'
      readonly subscription: string
      readonly command: FailedOutboxCommand
      readonly parked: boolean
    }
  /** A command was rejected, and the process manager has no `onRejected` to ask for something instead. */
  | {
      readonly _tag: 'CommandRejected'
      readonly subscription: string
      readonly key: string
      readonly commandId: string
      readonly rejection: unknown
    }
