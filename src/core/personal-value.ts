import type { Json, JsonObject } from './json'

/** A value that must not be stored as it is, and whom it is about. */
export interface PersonalValue {
  /** 1 to 255 characters: what `forgetSubject` is given. */
  readonly subject: string
  readonly value: Json
}

/** What it shows to whatever writes it as text: a log, or `JSON.stringify`. */
const SHOWN = '[personal data]'

// Not a plain object: every store refuses it, and so does `toJson`, without another look at what is plain.
const prototype: object = Object.freeze({ toJSON: () => SHOWN })

const values = new WeakMap<object, PersonalValue>()

/**
 * What a codec writes for a personal value: no store takes it, until it is sealed. It shows nothing of the value.
 *
 * @example
 * personalValue('customer-7', 'ada@example.org')
 */
export const personalValue = (subject: string, value: Json): JsonObject => {
  const carrier = Object.freeze(Object.create(prototype) as JsonObject)
  values.set(carrier, { subject, value })
  return carrier
}

/** What {@link personalValue} was made of; `undefined` for everything else. */
export const personalIn = (value: unknown): PersonalValue | undefined =>
  typeof value === 'object' && value !== null ? values.get(value) : undefined
