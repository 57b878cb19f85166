import { textIssue } from './json'

/**
 * An action of a process: send a command now, send one later (a timer), or cancel a timer. Setting a
 * timer again under the same name replaces the earlier one.
 */
export type ProcessAction<Command> =
  | { readonly _tag: 'Send'; readonly command: Command }
  /** Milliseconds from now, by the store's clock. 0 or less: at once. At most a hundred years. */
  | {
      readonly _tag: 'After'
      readonly timer: string
      readonly delay: number
      readonly command: Command
    }
  /** At a time, in milliseconds since 1970-01-01 UTC: 0 to 8,640,000,000,000,000. In the past: at once. */
  | {
      readonly _tag: 'At'
      readonly timer: string
      readonly time: number
      readonly command: Command
    }
  | { readonly _tag: 'Cancel'; readonly timer: string }

/**
 * Sends `command` once the event is handled.
 *
 * @example
 * send({ type: 'ReserveSeat', seat: '12A' })
 */
export const send = <Command>(command: Command): ProcessAction<Command> => ({
  _tag: 'Send',
  command,
})

/**
 * Sends `command` later: a timer. Setting `timer` again replaces it.
 *
 * @param timer - its name within the process: at most 255 characters, no NUL and no lone surrogate.
 * @param delay - milliseconds from now, by the store's clock. 0 or less: at once; at most a hundred years.
 *
 * A value outside these limits fails the event with `InvalidTimer`.
 *
 * @example
 * sendAfter('payment', 15 * 60_000, { type: 'CancelOrder' })
 */
export const sendAfter = <Command>(
  timer: string,
  delay: number,
  command: Command,
): ProcessAction<Command> => ({
  _tag: 'After',
  timer,
  delay,
  command,
})

/**
 * Sends `command` at a given time: a timer. Setting `timer` again replaces it.
 *
 * @param timer - its name within the process: at most 255 characters, no NUL and no lone surrogate.
 * @param time - milliseconds since 1970-01-01 UTC, from 0 to 8,640,000,000,000,000. In the past: at once.
 *
 * A value outside these limits fails the event with `InvalidTimer`.
 *
 * @example
 * sendAt('expiry', Date.UTC(2030, 0, 1), { type: 'ExpireOffer' })
 */
export const sendAt = <Command>(
  timer: string,
  time: number,
  command: Command,
): ProcessAction<Command> => ({
  _tag: 'At',
  timer,
  time,
  command,
})

/**
 * Cancels a timer of the process. Does nothing if there is no such timer, or if it has fired already. A name
 * that is no valid timer name fails the event with `InvalidTimer`.
 *
 * @example
 * cancelTimer('payment')
 */
export const cancelTimer = (timer: string): ProcessAction<never> => ({ _tag: 'Cancel', timer })

/** The longest delay of a timer: a hundred years. Milliseconds. */
const MAXIMUM_DELAY = 3_155_760_000_000

/** The latest time of a timer: that of a JavaScript `Date`. */
const MAXIMUM_TIME = 8_640_000_000_000_000

/** The longest name of a timer, in characters. */
const MAXIMUM_TIMER_LENGTH = 255

/** Why a timer is not valid, or `undefined`. */
export const timerIssue = (
  action: Exclude<ProcessAction<unknown>, { _tag: 'Send' }>,
): string | undefined => {
  const named = textIssue(action.timer)
  if (named !== undefined) return `in its name, ${named}`
  if (action.timer.length > MAXIMUM_TIMER_LENGTH) {
    return `its name has ${action.timer.length} characters; the limit is ${MAXIMUM_TIMER_LENGTH}`
  }
  switch (action._tag) {
    case 'Cancel':
      return undefined
    case 'After':
      return action.delay <= MAXIMUM_DELAY && Number.isFinite(action.delay)
        ? undefined
        : `the delay must be a number of milliseconds up to ${MAXIMUM_DELAY}; got ${action.delay}`
    case 'At':
      return action.time >= 0 && action.time <= MAXIMUM_TIME
        ? undefined
        : `the time must be milliseconds from 0 to ${MAXIMUM_TIME}; got ${action.time}`
  }
}
