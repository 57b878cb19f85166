import { parkAfter, type PoisonPolicy } from '../../core/poison'
import { fromStart, type Start } from '../../core/start'

/** What every kind of subscription says of itself. Only the name must be given. */
export interface SubscriptionOptions {
  /** Whoever uses the same name shares the work, and the checkpoint. 1 to 255 characters. */
  readonly name: string
  /** Where it begins when it is started for the first time. Default {@link fromStart}. */
  readonly from?: Start
  /** Only these categories. Left out: all. */
  readonly categories?: ReadonlyArray<string>
  /** How many owners may work at the same time, each on streams of its own. Never changes. Default 1. */
  readonly partitions?: number
  /** What becomes of an event that cannot be handled. Default `parkAfter(5)`. */
  readonly poison?: PoisonPolicy
  /** Events handled between two checkpoints, at most. Default 200. */
  readonly batchSize?: number
  /** Whoever is not heard of for so long loses its partitions. Milliseconds. Default 6,000. */
  readonly leaseDuration?: number
  /**
   * The first pause after something was found, in milliseconds; it doubles as long as nothing is. Default
   * 10: with wake-ups a long one costs nothing.
   */
  readonly shortestPause?: number
  /** The longest pause between two looks for new events. Milliseconds. Default 1,000. */
  readonly longestPause?: number
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
  poison: options.poison ?? parkAfter(5),
  batchSize: options.batchSize ?? 200,
  leaseDuration: options.leaseDuration ?? 6_000,
  shortestPause: options.shortestPause ?? 10,
  longestPause: options.longestPause ?? 1_000,
})
