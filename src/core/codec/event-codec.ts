import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { type Issue, causeText, issuesOf, preview } from '../issue'
import { isRecord, type JsonObject, toJsonObject } from '../json'
import type { EncodedEvent } from '../recorded-event'
import { fitsReading, fitsWriting } from './fitting'
import { misfit } from './misfit'
import { withoutType, withType } from './typed-data'

/**
 * Brings data written by one schema version to the next one. Pure; it may throw when the data is not
 * what it should be (that becomes an `UndecodableEvent`).
 */
export type Upcaster = (data: JsonObject) => JsonObject

/** One event type: how it is written today, and how older writings become today's. */
export interface EventType<Event> {
  readonly codec: Type<Event, unknown>
  /** From version 1 to 2, from 2 to 3, and so on. The newest version is their number plus 1. */
  readonly upcasters: ReadonlyArray<Upcaster>
}

/** How the events of one kind of stream are written and read. */
export interface EventCodec<Event> {
  /** Every type that is known, with its newest schema version. */
  readonly schemaVersions: Readonly<Record<string, number>>
  readonly encode: (event: Event) => E.Either<ReadonlyArray<Issue>, EncodedEvent>
  readonly decode: (encoded: EncodedEvent) => E.Either<ReadonlyArray<Issue>, Event>
  /** The name under which `event` is stored. */
  readonly typeOf: (event: Event) => string
  /** The io-ts codec of every type that is known: the law kit makes up events from them. */
  readonly shapes?: Readonly<Record<string, Type<Event, unknown>>>
}

/** Declares an event type. Without upcasters it is at schema version 1. */
export const eventType = <Event>(
  codec: Type<Event, unknown>,
  upcasters: ReadonlyArray<Upcaster> = [],
): EventType<Event> => ({ codec, upcasters })

/** One {@link EventType} for every member of the union: a type without one does not compile. */
export type EventTypes<Event extends { readonly type: string }> = {
  readonly [Name in Event['type']]: EventType<Extract<Event, { readonly type: Name }>>
}

const upcast = (
  upcasters: ReadonlyArray<Upcaster>,
  { schemaVersion, data }: EncodedEvent,
): E.Either<ReadonlyArray<Issue>, JsonObject> => {
  const newest = upcasters.length + 1
  if (!Number.isInteger(schemaVersion) || schemaVersion < 1 || schemaVersion > newest) {
    return E.left([
      {
        path: '',
        message: `schema version ${schemaVersion} is not known here; the newest is ${newest}. Was it written by a newer release?`,
      },
    ])
  }
  if (schemaVersion === newest) return E.right(data)
  return E.tryCatch(
    () => upcasters.slice(schemaVersion - 1).reduce((older, step) => step(older), data),
    (cause) => [
      {
        path: '',
        message: `the upcaster from schema version ${schemaVersion} threw: ${causeText(cause)}`,
      },
    ],
  )
}

/** An event type, and what can be known of its codec beforehand. */
interface Known<Event> extends EventType<Event> {
  readonly newest: number
  readonly reads: (value: unknown) => value is Event
  readonly writes: (value: unknown) => value is JsonObject
}

const knownType = <Event>({ codec, upcasters }: EventType<Event>): Known<Event> => ({
  codec,
  upcasters,
  newest: upcasters.length + 1,
  reads: fitsReading(codec),
  writes: fitsWriting(codec),
})

/**
 * The codec of a union of events. Decoding looks at the type first, then at that one codec, so that a
 * failure names one path instead of every branch of the union. The stored data is the encoded event
 * without its `type`.
 *
 * @example
 * const giftCardEvents = eventCodec<GiftCardEvent>({
 *   GiftCardIssued: eventType(Issued),
 *   GiftCardRedeemed: eventType(Redeemed, [addOrderId]), // now at schema version 2
 * })
 */
export const eventCodec = <Event extends { readonly type: string }>(
  types: EventTypes<Event>,
): EventCodec<Event> => {
  const declared = new Map<string, EventType<Event>>(Object.entries(types))
  const known = new Map([...declared].map(([name, type]) => [name, knownType(type)]))
  const unknown = (type: string): E.Either<ReadonlyArray<Issue>, never> => {
    const message = `the event type ${preview(type)} is not known; known are ${[...known.keys()].join(', ')}`
    return E.left([{ path: 'type', message }])
  }

  return {
    schemaVersions: Object.fromEntries([...known].map(([name, { newest }]) => [name, newest])),
    shapes: Object.fromEntries([...known].map(([name, { codec }]) => [name, codec])),
    typeOf: (event) => event.type,
    encode: (event) => {
      const { type } = event
      const found = known.get(type)
      if (found === undefined) return unknown(type)
      const { codec, newest: schemaVersion } = found
      if (found.writes(event)) return E.right({ type, schemaVersion, data: withoutType(event) })
      const written = toJsonObject(codec.encode(event))
      if (E.isLeft(written)) return written
      if (!codec.is(event)) return E.left(misfit(codec, written.right))
      return E.right({ type, schemaVersion, data: withoutType(written.right) })
    },
    decode: (encoded) => {
      const found = known.get(encoded.type)
      if (found === undefined) return unknown(encoded.type)
      const data = upcast(found.upcasters, encoded)
      if (E.isLeft(data)) return data
      if (!isRecord(data.right)) {
        return E.left([{ path: '', message: `expected an object, got ${preview(data.right)}` }])
      }
      const read = withType(data.right, encoded.type)
      if (found.reads(read)) return E.right(read)
      const decoded = found.codec.decode(read)
      return E.isLeft(decoded) ? E.left(issuesOf(decoded.left)) : decoded
    },
  }
}
