import { isRecord, type Json, type JsonObject, MAXIMUM_DEPTH } from './json'
import { personalIn } from './personal-value'

/** Stands for a personal value whose subject was forgotten. */
export interface Forgotten {
  readonly _tag: 'Forgotten'
}

/**
 * The {@link Forgotten} that every codec takes and gives: it is stored as it is.
 *
 * @example
 * const customer = { customerId: 'c-7', email: forgotten, spent: 30 }
 */
export const forgotten: Forgotten = Object.freeze({ _tag: 'Forgotten' })

/** The same as it is stored. */
export const FORGOTTEN_JSON: JsonObject = Object.freeze({ _tag: 'Forgotten' })

/**
 * Whether a value is {@link forgotten}, also one that was read from a store.
 *
 * @example
 * const greet = (name: string | Forgotten) => (isForgotten(name) ? 'Hello' : `Hello ${name}`)
 */
export const isForgotten = (value: unknown): value is Forgotten =>
  isRecord(value) && value['_tag'] === 'Forgotten' && Object.keys(value).length === 1

/** Gives another value for a part of some JSON, or `undefined`: it stays, and its parts are looked at. */
export type ReplacePart = (part: object) => Json | undefined

/** `value` with other parts in the place of some. What holds none of them is given back as it is, and not copied. */
export const withReplaced = (value: Json, replace: ReplacePart, depth = 0): Json => {
  if (typeof value !== 'object' || value === null || depth > MAXIMUM_DEPTH) return value
  const other = replace(value)
  if (other !== undefined) return other
  if (Array.isArray(value)) {
    const list: ReadonlyArray<Json> = value
    const copy = list.map((item) => withReplaced(item, replace, depth + 1))
    return copy.some((item, index) => item !== list[index]) ? copy : list
  }
  const entries = Object.entries(value).map(([key, inner]): readonly [string, Json, Json] => [
    key,
    inner,
    withReplaced(inner, replace, depth + 1),
  ])
  return entries.some(([, inner, made]) => made !== inner)
    ? Object.fromEntries(entries.map(([key, , made]) => [key, made]))
    : value
}

/** `value` with the personal values in it as they are: what a codec reads back. Never to be stored. */
export const revealed = (value: Json): Json =>
  withReplaced(value, (part) => personalIn(part)?.value)
