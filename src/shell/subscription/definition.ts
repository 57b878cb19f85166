import { parkAfterTime, type PoisonPolicy } from '../../core/poison'
import { fromStart, type SubscriptionStart } from '../../core/subscription-start'

/** What every kind of subscription says of itself. Only the name must be given. */
export interface SubscriptionOptions {
  /** Whoever uses the same name shares the work, and the checkpoint. 1 to 255 characters. */
  readonly name: string
  /** Where it begins when it is started for the first time. Default {@link fromStart}. */
  readonly from?: SubscriptionStart
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /** How many owners may work at the same time, each on streams of its own. Never changes. Default 1. */
  readonly partitions?: number
  /** What becomes of an event that cannot be handled. Default `parkAfterTime(600_000)`: ten minutes. */
  readonly poison?: PoisonPolicy
  /** Events handled between two checkpoints, at most. 1 or more. Default 1,000. */
  readonly batchSize?: number
  /**
   * How long a batch should take: it grows while batches take less than half of it, and is cut short when
   * it takes longer. Milliseconds. Default 500.
   */
  readonly batchTime?: number
  /**
   * How long a handler may take for one event. Then its signal is aborted, and the event has failed.
   * Milliseconds. Default 60,000.
   */
  readonly handlerTimeout?: number
  /**
   * How long it may take to stop. Then the handlers' signals are aborted, and it ends without them; what
   * they were at is handled again by the next owner. Milliseconds. Default 20,000.
   */
  readonly stopTimeout?: number
  /** Whoever is not heard of for so long loses its partitions. Milliseconds. Default 6,000. */
  readonly leaseDuration?: number
  /**
   * The first pause after something was found, in milliseconds; it doubles as long as nothing is. Default
   * 10: with wake-ups a long one costs nothing.
   */
  readonly minPollInterval?: number
  /** The longest pause between two looks for new events. Milliseconds. Default 1,000. */
  readonly maxPollInterval?: number
}

/** A subscription with nothing left out. `undefined` types or categories: all. */
export type Settings = Required<Omit<SubscriptionOptions, 'categories'>> & {
  readonly categories: ReadonlyArray<string> | undefined
  readonly types: ReadonlyArray<string> | undefined
}

export const settingsOf = (
  options: SubscriptionOptions,
  types: ReadonlyArray<string> | undefined,
): Settings => ({
  name: options.name,
  from: options.from ?? fromStart,
  categories: options.categories,
  types,
  partitions: options.partitions ?? 1,
  poison: options.poison ?? parkAfterTime(600_000),
  batchSize: Math.max(1, options.batchSize ?? 1_000),
  batchTime: options.batchTime ?? 500,
  handlerTimeout: options.handlerTimeout ?? 60_000,
  stopTimeout: options.stopTimeout ?? 20_000,
  leaseDuration: options.leaseDuration ?? 6_000,
  minPollInterval: options.minPollInterval ?? 10,
  maxPollInterval: options.maxPollInterval ?? 1_000,
})
