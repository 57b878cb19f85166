/** `1 event`, `2 events`. */
export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`

/** A length of time, given in seconds, with its two largest units: `1 min 30 s`. */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** A length of time, given in seconds, in at most six characters. */
export const briefly = (seconds: number): string => {
  if (seconds < 100) return `${Math.round(Math.max(0, seconds))} s`
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} d`
}

/** The first three items, and the number of the others. */
export const firstThree = (items: ReadonlyArray<string>): string =>
  items.length > 3
    ? `${items.slice(0, 3).join(', ')} and ${items.length - 3} more`
    : items.join(', ')

const PLAIN = /^[\w@%+=:,./-]+$/

/**
 * An argument of a command line, for a hint that is copied into a shell; quoted if necessary. In double
 * quotes, which every shell understands, unless a shell would expand something inside them.
 */
export const argument = (text: string): string => {
  if (PLAIN.test(text)) return text
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`
}
