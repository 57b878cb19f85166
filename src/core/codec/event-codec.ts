import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { type Issue, causeText, issuesOf, preview } from '../issue'
import { canonicalJson, plainCopy } from '../canonical-json'
import { isRecord, type JsonObject } from '../json'
import { propertyOf } from '../owns'
import type { EncodedEvent } from '../recorded-event'
import { fitsReading, unchangedCopy } from './io-ts-fast-path'
import { codecMismatch, type Verifies, verifying } from './codec-mismatch'
import { writtenObject } from './personal'
import { definedFields, withoutType, withType } from './typed-data'

/**
 * Converts data of one schema version to the next. Pure. It may throw if the data is not as expected:
 * that becomes an `UndecodableEvent`.
 */
export type Upcaster = (data: JsonObject) => JsonObject

/** One event type: its current codec, and the upcasters from older schema versions. */
export interface EventType<Event> {
  readonly codec: Type<Event, unknown>
  /** From version 1 to 2, from 2 to 3, and so on. The current version is their number plus 1. */
  readonly upcasters: ReadonlyArray<Upcaster>
}

/** An event that was written, and the same event as `decode` reads it back. */
export interface WrittenEvent<Event> {
  readonly encoded: EncodedEvent
  readonly event: Event
}

/** How the events of one kind of stream are encoded and decoded. */
export interface EventCodec<Event> {
  /** Every known type with its current schema version. */
  readonly schemaVersions: Readonly<Record<string, number>>
  /** Writes an event, to be stored. Fails with the issues of a value that is no event, or is not storable JSON. */
  readonly encode: (event: Event) => E.Either<ReadonlyArray<Issue>, EncodedEvent>
  /**
   * Reads what was stored, by any release so far. Fails with the issues: the type or the schema version is unknown,
   * the data does not match, or an upcaster threw.
   */
  readonly decode: (encoded: EncodedEvent) => E.Either<ReadonlyArray<Issue>, Event>
  /**
   * `encode`, and what `decode` gives for it. What is stored, and not what was decided, makes the state.
   * Fails as they do. Omitted: both are called, one after the other.
   */
  readonly roundTrip?: (event: Event) => E.Either<ReadonlyArray<Issue>, WrittenEvent<Event>>
  /** The type under which `event` is stored. */
  readonly typeOf: (event: Event) => string
  /** The io-ts codec of every known type. The law kit generates events from them. */
  readonly shapes?: Readonly<Record<string, Type<Event, unknown>>>
}

/**
 * Declares an event type. Never fails.
 *
 * @param codec - io-ts codec of the current shape.
 * @param upcasters - from schema version 1 to 2, from 2 to 3, and so on. Without any the schema version is 1.
 *
 * @example
 * eventType(GiftCardRedeemed, [(data) => ({ ...data, orderId: '' })]) // schema version 2
 */
export const eventType = <Event>(
  codec: Type<Event, unknown>,
  upcasters: ReadonlyArray<Upcaster> = [],
): EventType<Event> => ({ codec, upcasters })

/** An {@link EventType} for every member of the union. A missing one is a compile error. */
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
        message: `unknown schema version ${schemaVersion}; this release knows versions 1 to ${newest}`,
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

/** `encode` and `decode` of any codec: `event` as it is stored, and as it is read back. */
export const roundTripOf = <Event>(
  codec: EventCodec<Event>,
  event: Event,
): E.Either<ReadonlyArray<Issue>, WrittenEvent<Event>> => {
  if (codec.roundTrip !== undefined) return codec.roundTrip(event)
  const encoded = codec.encode(event)
  if (E.isLeft(encoded)) return encoded
  const { type, schemaVersion } = encoded.right
  const written = writtenObject(plainCopy(encoded.right.data))
  if (E.isLeft(written)) return written
  const { data, plain } = written.right
  const read = codec.decode({ type, schemaVersion, data: canonicalJson(plain) })
  return E.isLeft(read)
    ? read
    : E.right({ encoded: { type, schemaVersion, data }, event: read.right })
}

/** An event type, with what is computed from its codec once. */
interface Known<Event> extends EventType<Event> {
  readonly newest: number
  readonly reads: (value: unknown) => value is Event
  /** `undefined`: the codec must be called. */
  readonly unchanged: (event: Event) => (Event & JsonObject) | undefined
  readonly verifies: Verifies
}

const knownType = <Event>({ codec, upcasters }: EventType<Event>): Known<Event> => ({
  codec,
  upcasters,
  newest: upcasters.length + 1,
  reads: fitsReading(codec),
  unchanged: unchangedCopy(codec),
  verifies: verifying(codec),
})

/**
 * The codec of a union of events that is declared elsewhere. Where it is not, {@link events} is shorter. Decoding
 * selects the codec by `type`, so that a failure names one path and not every branch of the union. The stored data is the
 * encoded event without its `type`. Its functions fail with issues, which the library reports as `UndecodableEvent` and
 * `UnencodableEvent`.
 *
 * @example
 * const giftCardEvents = eventCodec<GiftCardEvent>({
 *   GiftCardIssued: eventType(GiftCardIssued),
 *   GiftCardRedeemed: eventType(GiftCardRedeemed, [addOrderId]), // now at schema version 2
 * })
 */
export const eventCodec = <Event extends { readonly type: string }>(
  types: EventTypes<Event>,
): EventCodec<Event> => eventCodecOf(new Map(Object.entries(types)))

const typeOf = (event: unknown): string => {
  const type = propertyOf(event, 'type')
  return typeof type === 'string' ? type : preview(type)
}

/** The codec of events that are discriminated by `type`, from an {@link EventType} of each. */
export const eventCodecOf = <Event>(
  declared: ReadonlyMap<string, EventType<Event>>,
): EventCodec<Event> => {
  const known = new Map([...declared].map(([name, type]) => [name, knownType(type)]))
  const unknown = (type: string): E.Either<ReadonlyArray<Issue>, never> => {
    const message = `unknown event type ${preview(type)}; known types: ${[...known.keys()].join(', ')}`
    return E.left([{ path: 'type', message }])
  }

  const roundTrip = (event: Event): E.Either<ReadonlyArray<Issue>, WrittenEvent<Event>> => {
    const type = typeOf(event)
    const found = known.get(type)
    if (found === undefined) return unknown(type)
    const { codec, newest: schemaVersion } = found
    const copy = found.unchanged(event)
    if (copy !== undefined) {
      return E.right({ encoded: { type, schemaVersion, data: withoutType(copy) }, event: copy })
    }
    const written = writtenObject(plainCopy(definedFields(codec.encode(event))))
    if (E.isLeft(written)) return written
    const { data, plain } = written.right
    const read = codec.decode(withType(canonicalJson(withoutType(plain)), type))
    if (E.isLeft(read)) return E.left(issuesOf(read.left))
    return found.verifies(event, plain, read.right)
      ? E.right({ encoded: { type, schemaVersion, data: withoutType(data) }, event: read.right })
      : E.left(codecMismatch(codec, plain))
  }

  return {
    schemaVersions: Object.fromEntries([...known].map(([name, { newest }]) => [name, newest])),
    shapes: Object.fromEntries([...known].map(([name, { codec }]) => [name, codec])),
    typeOf,
    encode: (event) => E.map((written: WrittenEvent<Event>) => written.encoded)(roundTrip(event)),
    roundTrip,
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
