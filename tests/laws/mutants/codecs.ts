import * as E from 'fp-ts/Either'
import { eventCodec } from 'reprise/codec'
import * as reprise from 'reprise/algebra'
import type { Codecs } from '../statements/codecs'

const codecs: Codecs = { ...reprise, eventCodec }

export const upcastersOutOfOrder: Codecs = {
  ...codecs,
  eventCodec: (types) => {
    const codec = eventCodec(types)
    return { ...codec, decode: (stored) => codec.decode({ ...stored, schemaVersion: 1 }) }
  },
}

export const keyLeftOutOfTheType: Codecs = {
  ...codecs,
  combineEventCodecs: (parts) => {
    const codec = reprise.combineEventCodecs(parts)
    const inner = (type: string): string => type.slice(type.indexOf('/') + 1)
    return {
      ...codec,
      encode: (event) => {
        const encoded = codec.encode(event)
        return E.isLeft(encoded)
          ? encoded
          : E.right({ ...encoded.right, type: inner(encoded.right.type) })
      },
    }
  },
}

export const partsVersionsIgnored: Codecs = {
  ...codecs,
  combineStateCodecs: (parts) => ({ ...reprise.combineStateCodecs(parts), schemaVersion: 1 }),
}

export const keyDroppedFromTheData: Codecs = {
  ...codecs,
  manyEventCodec: (codec) => ({
    ...reprise.manyEventCodec(codec),
    encode: ({ event }) => codec.encode(event),
  }),
}

export const firstKeyOnly: Codecs = {
  ...codecs,
  manyStateCodec: (codec) => {
    const many = reprise.manyStateCodec(codec)
    return {
      ...many,
      encode: (states) => many.encode(Object.fromEntries(Object.entries(states).slice(0, 1))),
    }
  },
}

export const everyCommandForTheFirstPart: Codecs = {
  ...codecs,
  combineCommandCodecs: (parts) => {
    const codec = reprise.combineCommandCodecs(parts)
    const [key] = Object.keys(parts)
    return { ...codec, decode: (input) => codec.decode({ ...Object(input), key }) }
  },
}

export const commandWrittenWithoutItsKey: Codecs = {
  ...codecs,
  manyCommandCodec: (codec) => ({
    ...reprise.manyCommandCodec(codec),
    encode: ({ command }) => codec.encode(command),
  }),
}

export const commandWrittenWithoutItsPart: Codecs = {
  ...codecs,
  combineCommandCodecs: (parts) => {
    const codec = reprise.combineCommandCodecs(parts)
    return {
      ...codec,
      encode: (keyed) => {
        const encoded = codec.encode(keyed)
        const written = E.isRight(encoded) ? encoded.right : null
        return typeof written === 'object' && written !== null && 'command' in written
          ? E.right(written['command'] ?? null)
          : encoded
      },
    }
  },
}

export const shapeForgotten: Codecs = {
  ...codecs,
  manyEventCodec: (codec) => {
    const { shapes: _, ...rest } = reprise.manyEventCodec(codec)
    return rest
  },
}
