import { inspect } from 'node:util'
import { safe } from './text'

/** A state as text: any value, also maps, dates and circular ones. */
export const stateText = (state: unknown): string =>
  inspect(state, { depth: 20, breakLength: 76, maxArrayLength: 1000, colors: false })
    .split('\n')
    .map((line) => `  ${safe(line)}\n`)
    .join('')

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)]
  return value instanceof Set ? [...(value as ReadonlySet<unknown>)] : value
}

/** A state as JSON: maps as lists of pairs, sets as lists, big integers as text. */
export const stateJson = (state: unknown): unknown => {
  try {
    const [copy] = JSON.parse(JSON.stringify([state], plain)) as ReadonlyArray<unknown>
    return copy
  } catch {
    return inspect(state, { depth: 20 })
  }
}
