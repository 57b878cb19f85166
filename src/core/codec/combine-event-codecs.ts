import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import {
  KEY_SEPARATOR,
  type KeyedEvent,
  keyProblem,
  keysOf,
  type PlainKeys,
} from '../algebra/keyed'
import { type Issue, preview } from '../issue'
import { type EventCodec, roundTripOf } from './event-codec'

/** An event codec for every part of a combination. */
export type EventCodecs<Events> = { readonly [Key in keyof Events]: EventCodec<Events[Key]> }

const failAt = (path: string, message: string): E.Either<ReadonlyArray<Issue>, never> =>
  E.left([{ path, message }])

const split = (type: string): readonly [string, string] => {
  const at = type.indexOf(KEY_SEPARATOR)
  return at === -1 ? [type, ''] : [type.slice(0, at), type.slice(at + 1)]
}

/**
 * The event codec of `combine`: an event is stored as its part stores it, under the type
 * `key/InnerType`, so two parts may use the same names. Old events stay readable when parts are added.
 * The key of a part must never change, like the names of its events.
 *
 * Its functions fail with the issues of the part's codec, or of an unknown key.
 *
 * @example
 * const bankEvents = combineEventCodecs({ account: accountEvents, transfer: transferEvents })
 */
export const combineEventCodecs = <Events extends object>(
  codecs: EventCodecs<Events> & PlainKeys,
): EventCodec<KeyedEvent<Events>> => {
  const parts: EventCodecs<Events> = codecs
  const keys = keysOf(parts)
  const find = (key: PropertyKey): E.Either<ReadonlyArray<Issue>, keyof Events & string> => {
    const known = keys.find((candidate) => candidate === key)
    if (known === undefined) {
      return failAt('key', `no part has the key ${preview(key)}; known keys: ${keys.join(', ')}`)
    }
    const problem = keyProblem(known)
    return problem === undefined ? E.right(known) : failAt('key', problem)
  }
  const typed = (key: PropertyKey, inner: string): string =>
    `${String(key)}${KEY_SEPARATOR}${inner}`
  const shapes = keys.flatMap((key) =>
    Object.entries(parts[key].shapes ?? {}).map(
      ([type, event]) => [typed(key, type), t.strict({ key: t.literal(key), event })] as const,
    ),
  )

  return {
    schemaVersions: Object.fromEntries(
      keys.flatMap((key) =>
        Object.entries(parts[key].schemaVersions).map(([type, version]) => [
          typed(key, type),
          version,
        ]),
      ),
    ),
    ...(keys.every((key) => parts[key].shapes !== undefined)
      ? { shapes: Object.fromEntries(shapes) }
      : {}),
    typeOf: ({ key, event }) => typed(key, parts[key].typeOf(event)),
    encode: ({ key, event }) => {
      const known = find(key)
      if (E.isLeft(known)) return known
      const encoded = parts[key].encode(event)
      return E.isLeft(encoded)
        ? encoded
        : E.right({ ...encoded.right, type: typed(key, encoded.right.type) })
    },
    roundTrip: ({ key, event }) => {
      const known = find(key)
      if (E.isLeft(known)) return known
      const written = roundTripOf(parts[key], event)
      if (E.isLeft(written)) return written
      const { encoded, event: read } = written.right
      return E.right({
        encoded: { ...encoded, type: typed(key, encoded.type) },
        event: { key, event: read },
      })
    },
    decode: (stored) => {
      const [first, inner] = split(stored.type)
      const key = find(first)
      if (E.isLeft(key)) return key
      const event = parts[key.right].decode({ ...stored, type: inner })
      return E.isLeft(event) ? event : E.right({ key: key.right, event: event.right })
    },
  }
}
