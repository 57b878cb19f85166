import * as E from 'fp-ts/Either'
import type { Either } from 'fp-ts/Either'
import { absurd, identity, pipe } from 'fp-ts/function'
import { preview } from '../issue'
import { propertyOf } from '../owns'

/**
 * A command for one part of a combination: `{ key: 'account', command }`. `Commands` has a key for every
 * part, so that a command for one part does not compile under the key of another.
 */
export type KeyedCommand<Commands> = {
  readonly [Key in keyof Commands & string]: { readonly key: Key; readonly command: Commands[Key] }
}[keyof Commands & string]

/** An event of one part of a combination: `{ key: 'account', event }`. */
export type KeyedEvent<Events> = {
  readonly [Key in keyof Events & string]: { readonly key: Key; readonly event: Events[Key] }
}[keyof Events & string]

/** What a rejection is called: its `_tag`, or the text that it is. */
export type RejectionTag<Rejection> = Rejection extends { readonly _tag: infer Tag extends string }
  ? Tag
  : Rejection extends string
    ? Rejection
    : string

/** A rejection by the part `Key` of a combination. */
export type PartRejection<Key extends string, Rejection> = Rejection extends unknown
  ? {
      readonly _tag: `${Key}/${RejectionTag<Rejection>}`
      readonly key: Key
      readonly rejection: Rejection
    }
  : never

/**
 * A rejection by one part of a combination: `{ _tag: 'account/BalanceTooLow', key: 'account', rejection }`. Its
 * `_tag` is the path to the reason, so that one `switch` tells all of them apart.
 */
export type KeyedRejection<Rejections> = {
  readonly [Key in keyof Rejections & string]: PartRejection<Key, Rejections[Key]>
}[keyof Rejections & string]

/** Separates the key of a part from its event type when the event is stored: `account/AccountOpened`. */
export const KEY_SEPARATOR = '/'

/**
 * The keys of a combination: not empty, and without {@link KEY_SEPARATOR}. A record whose keys the
 * compiler does not know is not accepted either: for keys known only at run time, use `many`.
 */
export type PlainKeys = { readonly [key: `${string}/${string}`]: never } & { readonly ''?: never }

/** The `_tag` of a rejection, or the rejection itself if it is text. Anything else is shown as in a message. */
export const rejectionTag = (rejection: unknown): string => {
  const tag = typeof rejection === 'string' ? rejection : propertyOf(rejection, '_tag')
  return typeof tag === 'string' ? tag : preview(rejection)
}

/** A rejection by the part `key`. */
export const keyedRejection = <Rejections>(
  key: keyof Rejections & string,
  rejection: Rejections[keyof Rejections & string],
) =>
  ({
    _tag: `${key}${KEY_SEPARATOR}${rejectionTag(rejection)}`,
    key,
    rejection,
  }) as KeyedRejection<Rejections>

/** Why `key` is not a valid key of a part, or `undefined`. For keys that the compiler has not checked. */
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

// Every key has its value by now; the cast is for the compiler.
const tellWhole: <Values>(
  built: object,
  valueAt: (key: never) => Either<unknown, Values[keyof Values]>,
) => asserts built is Values & object = () => undefined

/** The record with the value of `valueAt` under every key of `parts`, or the first failure of `valueAt`. */
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

/** The record with the value of `valueAt` under every key of `parts`. */
export const mapKeys = <Parts extends object, Values extends Record<keyof Parts, unknown>>(
  parts: Parts,
  valueAt: <Key extends keyof Parts & string>(key: Key) => Values[Key],
): Values =>
  pipe(
    traverseKeys<Parts, Values, never>(parts, (key) => E.right(valueAt(key))),
    E.match(absurd<Values>, identity),
  )

/** `whole` with another value under one key; `whole` itself if it has that value already. */
export const withKey = <Whole extends object, Key extends keyof Whole>(
  whole: Whole,
  key: Key,
  value: Whole[Key],
): Whole => (Object.is(whole[key], value) ? whole : { ...whole, [key]: value })
