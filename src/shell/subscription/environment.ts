import type { FailureNote, LeaseLost, HandlerFailed } from '../../core/errors/subscription'
import type { ReadError } from '../../core/errors/unions'
import type { FollowedStore, Source } from '../../core/ports/backend'
import type { FailedOutboxCommand } from '../../core/ports/outbox'
import type { HeldStream, MissingFilter } from '../../core/ports/subscription-store'
import type { Observed } from '../notices/notices'

/** The parts of a source that a subscription needs. A backend with one source has them itself. */
export interface SubscriptionBackend<Transaction>
  extends Pick<Source<Transaction>, 'subscriptions' | 'wakeUps'>, Observed {
  readonly store: FollowedStore
}

/** The options of everything that runs: when it stops, and what it reports. */
export interface RunOptions<Notice> {
  /** Abort it to stop: the current event is finished and saved, and the lease released. There is no other way. */
  readonly signal: AbortSignal
  /** Called with every notice. It must not throw. Default: notices are dropped. */
  readonly onNotice?: (notice: Notice) => void
  /** Called when the store has taken it on: from then on it works, or waits for its turn. It must not throw. */
  readonly onStarted?: () => void
}

/** Where and how a subscription runs. */
export interface SubscriptionEnvironment<Transaction>
  extends SubscriptionBackend<Transaction>, RunOptions<SubscriptionNotice> {}

/** What happens to a subscription: for logs and metrics. Every state is reported once, when it begins. */
export type SubscriptionNotice =
  | {
      readonly _tag: 'PartitionStarted' | 'PartitionEnded'
      readonly subscription: string
      /** Which one: 0 to the number of partitions - 1. */
      readonly partition: number
    }
  /** An event could not be handled. `parked`: its stream is held until an operator decides. */
  | {
      readonly _tag: 'EventFailed'
      readonly subscription: string
      readonly stream: HeldStream
      readonly parked: boolean
    }
  /** The stream is not held back any more. */
  | { readonly _tag: 'StreamReleased'; readonly subscription: string; readonly streamId: string }
  /**
   * A store has failed; the operation is retried. `partition` is `undefined` when partitions could not be
   * claimed.
   */
  | {
      readonly _tag: 'SubscriptionTroubled'
      readonly subscription: string
      /** Which one: 0 to the number of partitions - 1. `undefined`: the claims of all. */
      readonly partition: number | undefined
      readonly error: ReadError | LeaseLost | HandlerFailed
    }
  /** The trouble is over. */
  | {
      readonly _tag: 'SubscriptionRecovered'
      readonly subscription: string
      /** Which one: 0 to the number of partitions - 1. `undefined`: the claims of all. */
      readonly partition: number | undefined
    }
  /**
   * Events of many streams, or commands of many processes, fail one after another, and none succeeds: no
   * stream is held for it; the partition is retried after a pause.
   */
  | {
      readonly _tag: 'PartitionPaused'
      readonly subscription: string
      /** Which one: 0 to the number of partitions - 1. */
      readonly partition: number
      readonly failure: FailureNote
    }
  | {
      readonly _tag: 'PartitionResumed'
      readonly subscription: string
      /** Which one: 0 to the number of partitions - 1. */
      readonly partition: number
    }
  /** Another release has declared more than this instance reads: it gets no partitions. */
  | {
      readonly _tag: 'FilterOutdated'
      readonly subscription: string
      readonly missing: MissingFilter
    }
  /** The instance reads all that is declared again: an operator has narrowed the filter. */
  | { readonly _tag: 'FilterCurrent'; readonly subscription: string }
  /** It had to stop before these partitions were done. Their next owner waits until the lease expires. */
  | {
      readonly _tag: 'StopTimedOut'
      readonly subscription: string
      /** Which ones: 0 to the number of partitions - 1. */
      readonly partitions: ReadonlyArray<number>
    }
  /** A command of a process could not be sent. `parked`: an operator decides. */
  | {
      readonly _tag: 'CommandFailed'
      readonly subscription: string
      readonly command: FailedOutboxCommand
      readonly parked: boolean
    }
  /** A command was rejected, and the process manager has no `onRejected` to compensate it. */
  | {
      readonly _tag: 'CommandRejected'
      readonly subscription: string
      readonly key: string
      readonly commandId: string
      readonly rejection: unknown
    }
