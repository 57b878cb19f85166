import { type PoisonPolicy, poisonSetting } from '../../core/poison'
import type { SubscriptionFilter } from '../../core/ports/subscription-store'
import { MOST_EVENTS, setting, timeSetting } from '../../core/setting'
import { fromStart, type SubscriptionStart } from '../../core/subscription-start'

/**
 * The options of every kind of subscription. Only the name is required. No number is rejected: NaN counts as omitted, and
 * a number that is out of range as the nearest valid one. A time is 1 to 2,147,483,647 (24 days); `stopTimeout` may be
 * 0.
 */
export interface SubscriptionOptions {
  /** All instances with this name share the work and the checkpoint. 1 to 255 characters. */
  readonly name: string
  /** Where it begins when it is started for the first time. Default {@link fromStart}. */
  readonly from?: SubscriptionStart
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /** Only events with one of these tags. Omitted: all. */
  readonly tags?: ReadonlyArray<string>
  /** How many owners can work in parallel, each on its own streams. 1 to 1,024. Fixed at creation. Default 1. */
  readonly partitions?: number
  /** What happens to an event that cannot be handled. Default `parkAfterTime(600_000)`: ten minutes. */
  readonly poison?: PoisonPolicy
  /** Events handled between two checkpoints, at most. 1 to 1,000,000. Default 1,000. */
  readonly batchSize?: number
  /**
   * How long a batch should take: batches grow while they take less than half of it, and one that takes longer
   * is cut short. Milliseconds. Default 500.
   */
  readonly batchTime?: number
  /**
   * How long a handler may take for one event. After that its signal is aborted, and the event has failed.
   * Milliseconds. Default 60,000.
   */
  readonly handlerTimeout?: number
  /**
   * How long stopping may take. After that the handlers' signals are aborted, and it ends without them; the
   * next owner handles their events again. Milliseconds. Default 20,000.
   */
  readonly stopTimeout?: number
  /** An instance without a heartbeat for so long loses its partitions. Milliseconds. Default 6,000. */
  readonly leaseDuration?: number
  /**
   * The poll interval after new events were found, in milliseconds; it doubles while there are none. Default
   * 10: with wake-ups a long one costs no latency.
   */
  readonly minPollInterval?: number
  /**
   * The longest poll interval. Milliseconds. Default 1,000; 30,000 while wake-ups of other processes arrive and every
   * heartbeat says whether there is anything new.
   */
  readonly maxPollInterval?: number
}

/** A subscription with its defaults filled in. `undefined` types, categories or tags: all. */
export type Settings = Required<Omit<SubscriptionOptions, 'categories' | 'tags'>> & {
  readonly categories: ReadonlyArray<string> | undefined
  readonly tags: ReadonlyArray<string> | undefined
  readonly types: ReadonlyArray<string> | undefined
  /** The longest poll interval while there is another way to learn of something new. Milliseconds. */
  readonly informedPollInterval: number
}

const MAX_POLL_INTERVAL = 1_000
const INFORMED_POLL_INTERVAL = 30_000

const MOST_PARTITIONS = 1_024

export const settingsOf = (
  options: SubscriptionOptions,
  types: ReadonlyArray<string> | undefined,
): Settings => ({
  name: options.name,
  from: options.from ?? fromStart,
  categories: options.categories,
  tags: options.tags,
  types,
  partitions: setting(options.partitions, 1, 1, MOST_PARTITIONS),
  poison: poisonSetting(options.poison),
  batchSize: setting(options.batchSize, 1_000, 1, MOST_EVENTS),
  batchTime: timeSetting(options.batchTime, 500),
  handlerTimeout: timeSetting(options.handlerTimeout, 60_000),
  stopTimeout: timeSetting(options.stopTimeout, 20_000, 0),
  leaseDuration: timeSetting(options.leaseDuration, 6_000),
  minPollInterval: timeSetting(options.minPollInterval, 10),
  maxPollInterval: timeSetting(options.maxPollInterval, MAX_POLL_INTERVAL),
  informedPollInterval: timeSetting(options.maxPollInterval, INFORMED_POLL_INTERVAL),
})

/** What a subscription reads, as its store takes it. */
export const filterOf = ({ categories, types, tags }: Settings): SubscriptionFilter => ({
  ...(categories === undefined ? {} : { categories }),
  ...(types === undefined ? {} : { types }),
  ...(tags === undefined ? {} : { tags }),
})
