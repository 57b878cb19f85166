import { setting } from './setting'

/** The limits of one append. Each is 1 or more; `Infinity`: none. */
export interface Limits {
  /** Events in one append, at most. Default 10,000. */
  readonly eventsPerAppend: number
  /** Size of one event's data and metadata, at most; see {@link jsonSize}. Default 1,048,576 (about 1 MiB). */
  readonly eventSize: number
  /** Size of all events of one append, at most; measured as `eventSize` is. Default 33,554,432 (about 32 MiB). */
  readonly appendSize: number
}

/** The default for each limit that is left out, or is no number; see {@link setting}. */
export const limitsOf = (limits: Partial<Limits>): Limits => ({
  eventsPerAppend: setting(limits.eventsPerAppend, defaultLimits.eventsPerAppend, 1),
  eventSize: setting(limits.eventSize, defaultLimits.eventSize, 1),
  appendSize: setting(limits.appendSize, defaultLimits.appendSize, 1),
})

/** The limits of a store that was given none: 10,000 events in an append, 1 MiB for one of them, 32 MiB for all. */
export const defaultLimits: Limits = {
  eventsPerAppend: 10_000,
  eventSize: 1_048_576,
  appendSize: 33_554_432,
}

/** How much JSON one append statement takes, about, in UTF-16 code units: more in a statement is not faster. */
export const JSON_PER_STATEMENT = 4_000_000
