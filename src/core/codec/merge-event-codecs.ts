import * as E from 'fp-ts/Either'
import { type Issue, preview } from '../issue'
import type { EventCodec } from './event-codec'

/** An event codec for every member of a list of events. */
export type EventCodecList<Events extends ReadonlyArray<unknown>> = {
  readonly [Index in keyof Events]: EventCodec<Events[Index]>
}

/**
 * The events of several categories as one codec, for a process manager or a subscription that receives all of
 * them. A type that two codecs know can be neither read nor written, since its name does not say which of them
 * is meant: the event fails with that issue.
 *
 * @example
 * const received = mergeEventCodecs(accountEvents, giftCardEvents)
 */
export const mergeEventCodecs = <Events extends ReadonlyArray<unknown>>(
  ...codecs: EventCodecList<Events>
): EventCodec<Events[number]> => {
  const parts: ReadonlyArray<EventCodec<Events[number]>> = [...new Set(codecs)]
  const types = [...new Set(parts.flatMap(({ schemaVersions }) => Object.keys(schemaVersions)))]

  /** Under which type this codec stores the event. `undefined`: it does not know it. */
  const typeIn = (codec: EventCodec<Events[number]>, event: Events[number]): string | undefined => {
    const type = E.tryCatch(
      () => codec.typeOf(event),
      () => undefined,
    )
    return E.isRight(type) && Object.hasOwn(codec.schemaVersions, type.right)
      ? type.right
      : undefined
  }

  const theOne = (
    type: string | undefined,
    known: ReadonlyArray<EventCodec<Events[number]>>,
  ): E.Either<ReadonlyArray<Issue>, EventCodec<Events[number]>> => {
    const [codec, another] = known
    if (codec !== undefined && another === undefined) return E.right(codec)
    const message =
      codec === undefined
        ? `unknown event type ${preview(type)}; known types: ${types.join(', ')}`
        : `two of the merged codecs know the event type ${preview(type)}`
    return E.left([{ path: 'type', message }])
  }

  const codecFor = (event: Events[number]) => {
    const known = parts.filter((codec) => typeIn(codec, event) !== undefined)
    const [first] = known
    return theOne(first === undefined ? undefined : typeIn(first, event), known)
  }

  return {
    schemaVersions: Object.fromEntries(
      parts.flatMap((part) => Object.entries(part.schemaVersions)),
    ),
    ...(parts.every(({ shapes }) => shapes !== undefined)
      ? { shapes: Object.fromEntries(parts.flatMap(({ shapes = {} }) => Object.entries(shapes))) }
      : {}),
    typeOf: (event) => {
      const codec = codecFor(event)
      return E.isLeft(codec) ? preview(event) : codec.right.typeOf(event)
    },
    encode: (event) => {
      const codec = codecFor(event)
      return E.isLeft(codec) ? codec : codec.right.encode(event)
    },
    decode: (encoded) => {
      const known = parts.filter(({ schemaVersions }) =>
        Object.hasOwn(schemaVersions, encoded.type),
      )
      const codec = theOne(encoded.type, known)
      return E.isLeft(codec) ? codec : codec.right.decode(encoded)
    },
  }
}
