import type { EventStore } from '../../core/ports/event-store'
import { catching } from '../catching'
import { sleep } from '../timers'
import { idSource, type IdSource } from './ids'
import type { Notice } from './notice'
import { type RetryPolicy, retryOf } from './retry'

/** How a category is connected. Every key is optional. */
export interface CategoryOptions {
  /** Default {@link idSource}. Give all categories of a process the same one. */
  readonly ids?: IdSource
  /** Default: 10 attempts, waiting up to 4 ms before the second one and never longer than 250 ms. */
  readonly retry?: Partial<RetryPolicy>
  /** How many states are cached in memory. Default 10,000; 0: none. */
  readonly cachedStates?: number
  /**
   * How large the states in memory may be together, in about bytes: an estimate, for which a state is measured when
   * it is loaded, and whenever the version of its stream has doubled. A state that is larger alone is not kept.
   * Default 67,108,864 (about 64 MiB); 0: none.
   */
  readonly cachedStatesSize?: number
  /** Events read at a time. Default 1,000. */
  readonly pageSize?: number
  /** How many commands may wait for one stream. Default 10,000; one more is `Overloaded`. */
  readonly queueDepth?: number
  /** Called with every notice. What it throws is ignored. Default: notices are dropped. */
  readonly onNotice?: (notice: Notice) => void
  /** From 0 (included) to 1 (excluded). Default `Math.random`. */
  readonly random?: () => number
  /** Waits for so many milliseconds. Default a timer. */
  readonly wait?: (milliseconds: number) => Promise<void>
}

/** {@link CategoryOptions} with the defaults filled in, and the store. */
export interface CategorySettings extends Required<CategoryOptions> {
  readonly store: EventStore
  readonly retry: RetryPolicy
}

/** An exception of `onNotice` must not become the answer of a command. */
const harmless =
  (onNotice: (notice: Notice) => void) =>
  (notice: Notice): void =>
    void catching(() => onNotice(notice))

/** Fills in the default for every option that is omitted or `undefined`. */
export const withDefaults = (
  store: EventStore,
  {
    ids = idSource(),
    retry = {},
    cachedStates = 10_000,
    cachedStatesSize = 67_108_864,
    pageSize = 1_000,
    queueDepth = 10_000,
    onNotice: onNotice = () => undefined,
    random = Math.random,
    wait = sleep,
  }: CategoryOptions,
): CategorySettings => ({
  store,
  ids,
  retry: retryOf(retry),
  cachedStates,
  cachedStatesSize,
  pageSize,
  queueDepth,
  onNotice: harmless(onNotice),
  random,
  wait,
})
