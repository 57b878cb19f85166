const numbers = new Intl.NumberFormat('en-US')

export const count = (value: number): string => numbers.format(value)

export const plural = (value: number, one: string): string =>
  `${count(value)} ${one}${value === 1 ? '' : 's'}`

/** A number of bytes or characters. */
export const size = (value: number): string => {
  if (value < 1_000) return `${value} B`
  return value < 1_000_000
    ? `${(value / 1_000).toFixed(1)} kB`
    : `${(value / 1_000_000).toFixed(1)} MB`
}

/** A time of a day, in UTC: `2026-01-02 03:04:05.678`. */
export const moment = (time: number): string => {
  const date = new Date(time)
  return Number.isNaN(date.getTime())
    ? 'an invalid time'
    : date.toISOString().replace('T', ' ').replace('Z', '')
}

const UNITS: ReadonlyArray<readonly [string, number]> = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]

/** How long something takes, in its two largest units. */
export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const first = UNITS.findIndex(([, length]) => whole >= length)
  if (first === -1) return '0 s'
  let left = whole
  return UNITS.slice(first, first + 2)
    .map(([unit, length]) => {
      const part = Math.floor(left / length)
      left -= part * length
      return part === 0 ? '' : `${part} ${unit}`
    })
    .filter((part) => part !== '')
    .join(' ')
}

export const ago = (time: number, now: number): string => {
  const seconds = (now - time) / 1_000
  return seconds < 2 ? 'just now' : `${duration(seconds)} ago`
}

/** A hue for a name, always the same: 0 to 359. */
export const hueOf = (name: string): number => {
  let hash = 0
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9_973
  return (hash * 137) % 360
}
