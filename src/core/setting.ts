/** What a timer takes at most, in milliseconds (about 24 days). A longer one would end at once. */
export const LONGEST_TIMER = 2_147_483_647

/** How many events are asked for at a time, at most. */
export const MOST_EVENTS = 1_000_000

/**
 * What a setting that is a number counts as: it is never rejected. `undefined`, NaN and what is no number count as
 * `standard`, which is the default; a fraction is rounded down; a number that is out of range counts as the nearest
 * valid one.
 *
 * Why: docs/adr/0036-settings-are-never-rejected.md
 */
export const setting = (
  given: unknown,
  standard: number,
  least: number,
  most = Infinity,
): number =>
  typeof given === 'number' && !Number.isNaN(given)
    ? Math.min(Math.max(Math.floor(given), least), most)
    : standard

/** The same for a setting that is a time, in milliseconds, for which a timer is set. */
export const timeSetting = (given: unknown, standard: number, least = 1): number =>
  setting(given, standard, least, LONGEST_TIMER)

/** The same for a setting that is a function: anything else counts as the default. */
export const functionSetting = <Given>(given: Given | undefined, standard: Given): Given =>
  typeof given === 'function' ? given : standard
