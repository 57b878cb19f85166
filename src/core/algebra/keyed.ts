import * as E from 'fp-ts/Either'
import type { Either } from 'fp-ts/Either'
import { absurd, identity, pipe } from 'fp-ts/function'

/**
 * What is sent to one part of a combination: `{ key: 'account', command }`. `Commands` has a key for
 * every part, so that a command meant for one part does not compile under the key of another.
 */
export type KeyedCommand<Commands> = {
  readonly [Key in keyof Commands & string]: { readonly key: Key; readonly command: Commands[Key] }
}[keyof Commands & string]

/** What happened in one part of a combination: `{ key: 'account', event }`. */
export type KeyedEvent<Events> = {
  readonly [Key in keyof Events & string]: { readonly key: Key; readonly event: Events[Key] }
}[keyof Events & string]

/** Which part of a combination said no, and why: `{ key: 'account', rejection }`. */
export type KeyedRejection<Rejections> = {
  readonly [Key in keyof Rejections & string]: {
    readonly key: Key
    readonly rejection: Rejections[Key]
  }
}[keyof Rejections & string]

/** Stands between a part's key and the type of its event when that is stored: `account/AccountOpened`. */
export const KEY_SEPARATOR = '/'

/**
 * The keys of a combination are not empty and have no {@link KEY_SEPARATOR} in them. A record whose keys
 * the compiler cannot see does not compile either: what is known only at run time is a job for `many`.
 */
export type PlainKeys = { readonly [key: `${string}/${string}`]: never } & { readonly ''?: never }

/** Why `key` cannot name a part, or `undefined`: for keys that came past the compiler. */
export const keyProblem = (key: string): string | undefined => {
  if (key === '') return 'the key of a part is empty'
  return key.includes(KEY_SEPARATOR)
    ? `the key ${key} contains ${KEY_SEPARATOR}, which separates keys from event types`
    : undefined
}

/** The keys of a record, each with the type of a key of that record. */
export const keysOf = <Whole extends object>(whole: Whole): ReadonlyArray<keyof Whole & string> => {
  const keys: Array<keyof Whole & string> = []
  for (const key in whole) if (Object.hasOwn(whole, key)) keys.push(key)
  return keys
}

// Every key has been given its value: this only tells the compiler so.
const tellWhole: <Values>(
  built: object,
  valueAt: (key: never) => Either<unknown, Values[keyof Values]>,
) => asserts built is Values & object = () => undefined

/** The record that has, under every key of `parts`, what `valueAt` gives for it; or its first failure. */
export const traverseKeys = <
  Parts extends object,
  Values extends Record<keyof Parts, unknown>,
  Failure,
>(
  parts: Parts,
  valueAt: <Key extends keyof Parts & string>(key: Key) => Either<Failure, Values[Key]>,
): Either<Failure, Values> => {
  const entries: Array<readonly [string, unknown]> = []
  for (const key of keysOf(parts)) {
    const value = valueAt(key)
    if (E.isLeft(value)) return value
    entries.push([key, value.right])
  }
  const built: object = Object.fromEntries(entries)
  tellWhole<Values>(built, valueAt)
  return E.right(built)
}

/** The record that has, under every key of `parts`, what `valueAt` gives for it. */
export const mapKeys = <Parts extends object, Values extends Record<keyof Parts, unknown>>(
  parts: Parts,
  valueAt: <Key extends keyof Parts & string>(key: Key) => Values[Key],
): Values =>
  pipe(
    traverseKeys<Parts, Values, never>(parts, (key) => E.right(valueAt(key))),
    E.match(absurd<Values>, identity),
  )

/** `whole` with another value under one key; `whole` itself when the value is the one it has. */
export const withKey = <Whole extends object, Key extends keyof Whole>(
  whole: Whole,
  key: Key,
  value: Whole[Key],
): Whole => (Object.is(whole[key], value) ? whole : { ...whole, [key]: value })
