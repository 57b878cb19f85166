// eslint-disable-next-line no-control-regex -- finding them is the point
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text from outside, safe for a terminal: characters that would move the cursor, change colours or reverse
 * the direction of the line are escaped.
 */
export const safe = (text: string): string =>
  text.replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A text of several lines, a message of a database for instance, in one. */
export const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ')

/** A time as text, in UTC: `2026-11-22 13:28:11`. */
export const moment = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
