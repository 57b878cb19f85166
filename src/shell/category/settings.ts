import { backoff } from '../../core/back-off'
import type { StreamStore } from '../../core/ports/event-store'
import { setting, timeSetting, functionSetting, MOST_EVENTS } from '../../core/setting'
import { catching } from '../catching'
import { sleep } from '../../platform/node'
import { type HandledNotice, handledReporter, type Observed, reporter } from '../notices/notices'
import { idSource, type IdSource } from './ids'
import type { Notice } from './notice'

/** How often a command is decided again after another writer was first, and how long to wait before it. */
export interface RetryPolicy {
  /** How often a command is decided, at most. 1 or more; `Infinity`: until it is stored. */
  readonly attempts: number
  /** The longest wait before the second attempt, in milliseconds. It doubles with every further one. 0 or more. */
  readonly firstBackoff: number
  /** The longest wait of all, in milliseconds. 0 or more. */
  readonly maxBackoff: number
}

/** The retries of a category that was given none: 10 attempts, with waits of at most 4 ms that grow to 250 ms. */
export const defaultRetry: RetryPolicy = { attempts: 10, firstBackoff: 4, maxBackoff: 250 }

/** The default for each part that is left out, or is no number; see {@link setting}. */
export const retryOf = (retry: Partial<RetryPolicy>): RetryPolicy => ({
  attempts: setting(retry.attempts, defaultRetry.attempts, 1),
  firstBackoff: timeSetting(retry.firstBackoff, defaultRetry.firstBackoff, 0),
  maxBackoff: timeSetting(retry.maxBackoff, defaultRetry.maxBackoff, 0),
})

/**
 * How long to wait before the next attempt: a random part of a bound that doubles, so that writers that
 * have collided spread out.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
 *
 * @param failures - how many attempts have failed. 1 or more.
 * @param random - from 0 (included) to 1 (excluded).
 * @returns milliseconds
 */
export const jitteredBackoff = (
  { firstBackoff, maxBackoff }: RetryPolicy,
  failures: number,
  random: number,
): number => random * backoff(firstBackoff, maxBackoff, failures)

/**
 * How a category is connected. Every key is optional. No number is rejected: NaN counts as omitted, and a number that is
 * out of range as the nearest valid one.
 */
export interface CategoryOptions {
  /** Default {@link idSource}. Give all categories of a process the same one. */
  readonly ids?: IdSource
  /** Default: 10 attempts, waiting up to 4 ms before the second one and never longer than 250 ms. */
  readonly retry?: Partial<RetryPolicy>
  /**
   * For how long a command is sent again while the store is down, fails over or is overloaded, in milliseconds from
   * its first such failure on; it is then answered with the last one. What may have been written is sent again only
   * if the command has an id. 0 or more. Default 0: the failure is the answer. Not inside a caller's transaction.
   */
  readonly retryOutagesFor?: number
  /** How many states are cached in memory. 0 to 1,000,000. Default 10,000; 0: none. */
  readonly cachedStates?: number
  /**
   * How large the states in memory may be together, in about bytes: an estimate, for which a state is measured when
   * it is loaded, and whenever the version of its stream has doubled. A state that is larger alone is not kept.
   * Default 67,108,864 (about 64 MiB); 0: none.
   */
  readonly cachedStatesSize?: number
  /** Events read at a time. 1 to 1,000,000. Default 1,000. */
  readonly pageSize?: number
  /** How many commands may wait for one stream. 1 or more. Default 10,000; one more is `Overloaded`. */
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
  readonly store: StreamStore
  readonly retry: RetryPolicy
  /** Called with every command that was answered. `undefined`: nobody asks for it. */
  readonly onHandled: ((notice: HandledNotice) => void) | undefined
}

/** An exception of `onNotice` must not become the answer of a command. */
const harmless =
  (onNotice: (notice: Notice) => void) =>
  (notice: Notice): void =>
    void catching(() => onNotice(notice))

const MOST_STATES = 1_000_000

/** Fills in the default for every option that is omitted or `undefined`; see {@link setting}. */
export const withDefaults = (
  store: StreamStore,
  {
    ids = idSource(),
    retry = {},
    retryOutagesFor,
    cachedStates,
    cachedStatesSize,
    pageSize,
    queueDepth,
    onNotice,
    random,
    wait,
  }: CategoryOptions,
  observed: Observed = {},
): CategorySettings => ({
  store,
  ids,
  retry: retryOf(retry),
  retryOutagesFor: setting(retryOutagesFor, 0, 0),
  cachedStates: setting(cachedStates, 10_000, 0, MOST_STATES),
  cachedStatesSize: setting(cachedStatesSize, 67_108_864, 0, Number.MAX_SAFE_INTEGER),
  pageSize: setting(pageSize, 1_000, 1, MOST_EVENTS),
  queueDepth: setting(queueDepth, 10_000, 1),
  onNotice: reporter(observed, harmless(functionSetting(onNotice, () => undefined))),
  onHandled: handledReporter(observed),
  random: functionSetting(random, Math.random),
  wait: functionSetting(wait, sleep),
})
