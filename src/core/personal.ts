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

/**
 * `value` with other parts in the place of some. What holds none of them is given back as it is, and not copied. Looks at
 * each part once, whatever refers to it: what is no JSON may go in circles.
 */
export const withReplaced = (value: Json, replace: ReplacePart): Json => {
  const made = new Map<object, Json>()
  const visit = (part: Json, depth: number): Json => {
    if (typeof part !== 'object' || part === null || depth > MAXIMUM_DEPTH) return part
    const known = made.get(part)
    if (known !== undefined) return known
    made.set(part, part)
    const result = replace(part) ?? inside(part, depth + 1)
    made.set(part, result)
    return result
  }
  const inside = (part: Json & object, depth: number): Json => {
    if (Array.isArray(part)) {
      const list: ReadonlyArray<Json> = part
      const copy = list.map((item) => visit(item, depth))
      return copy.every((item, index) => Object.is(item, list[index])) ? list : copy
    }
    const entries = Object.entries(part).map(([key, inner]): readonly [string, Json, Json] => [
      key,
      inner,
      visit(inner, depth),
    ])
    return entries.every(([, inner, own]) => Object.is(own, inner))
      ? part
      : Object.fromEntries(entries.map(([key, , own]) => [key, own]))
  }
  return visit(value, 0)
}

/** `value` with the personal values in it as they are: what a codec reads back. Never to be stored. */
export const revealed = (value: Json): Json =>
  withReplaced(value, (part) => personalIn(part)?.value)
