import * as t from 'io-ts'
import type { JsonObject } from '../json'
import { Metadata, noMetadata } from '../metadata'
import type { EventBytes, HistoricEvent } from '../ports/transfer'
import { type ByteCursor, readWhole, skipBytes, skipStorableRecord } from './json-bytes'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What stands before each part of an event in its line, and how names end. */
interface Layout {
  readonly id: Uint8Array
  readonly streamId: Uint8Array
  readonly version: Uint8Array
  readonly position: Uint8Array
  readonly recordedAt: Uint8Array
  readonly type: Uint8Array
  readonly schemaVersion: Uint8Array
  readonly data: Uint8Array
  readonly metadata: Uint8Array
  readonly tags: Uint8Array
  readonly end: Uint8Array
  readonly nameEnd: number
  readonly slashes: ByteCursor['slashes']
}

/** As `eventLine` writes them. */
export const JSON_LINE: Layout = {
  id: bytesOf('{"id":"'),
  streamId: bytesOf('","streamId":"'),
  version: bytesOf('","version":'),
  position: bytesOf(',"position":'),
  recordedAt: bytesOf(',"recordedAt":'),
  type: bytesOf(',"type":"'),
  schemaVersion: bytesOf('","schemaVersion":'),
  data: bytesOf(',"data":'),
  metadata: bytesOf(',"metadata":'),
  tags: bytesOf(',"tags":'),
  end: bytesOf('}'),
  nameEnd: 34,
  slashes: 1,
}

const [SPACE, BACKSLASH, ASCII] = [32, 92, 127]
const Tags = t.readonlyArray(t.string)
const UUID_LENGTH = 36
/** A longer name may be too long. */
const LONGEST_NAME = 255

/** A text of a few bytes. */
const shortText = (bytes: Uint8Array, from: number, to: number): string => {
  for (let at = from; at < to; at++) {
    if ((bytes[at] ?? 0) > ASCII) return decoder.decode(bytes.subarray(from, to))
  }
  return String.fromCharCode(...bytes.subarray(from, to))
}

/** Goes to the end of a name without escapes. False: unknown. */
const skipName = (line: ByteCursor, nameEnd: number): boolean => {
  const { bytes, end, at: from } = line
  let at = from
  while (at < end) {
    const byte = bytes[at] ?? 0
    if (byte === nameEnd) break
    if (byte < SPACE || byte === BACKSLASH) return false
    at += 1
  }
  line.at = at
  return at - from <= LONGEST_NAME
}

/** A part of the JSON of a line. */
const jsonIn = ({ bytes, doubled }: EventBytes, from: number, to: number): unknown => {
  const text = decoder.decode(bytes.subarray(from, to))
  return JSON.parse(doubled ? text.replaceAll('\\\\', '\\') : text)
}

const metadataIn = (raw: EventBytes): Metadata | undefined => {
  if (raw.metadataEnd - raw.metadata === 2) return noMetadata
  const value = jsonIn(raw, raw.metadata, raw.metadataEnd)
  return Metadata.is(value) ? value : undefined
}

/** The same, where it may be none: `undefined`. */
const parsedIn = (raw: EventBytes, from: number, to: number): unknown => {
  try {
    return jsonIn(raw, from, to)
  } catch {
    return undefined
  }
}

/** The tags that are written there; none: `undefined`. Not even that: null. */
const tagsIn = (
  raw: EventBytes,
  from: number,
  to: number,
): ReadonlyArray<string> | undefined | null => {
  if (from >= to) return undefined
  const tags = parsedIn(raw, from, to)
  return Tags.is(tags) ? tags : null
}

/** Reads the parts of an event, up to its metadata. */
const readParts = (line: ByteCursor, layout: Layout) => {
  const { bytes, slashes } = line
  if (!skipBytes(line, layout.id)) return undefined
  const id = line.at
  line.at += UUID_LENGTH
  if (!skipBytes(line, layout.streamId)) return undefined
  const streamId = line.at
  if (!skipName(line, layout.nameEnd)) return undefined
  const streamIdEnd = line.at
  if (!skipBytes(line, layout.version)) return undefined
  const version = readWhole(line)
  if (!skipBytes(line, layout.position) || readWhole(line) < 0) return undefined
  if (!skipBytes(line, layout.recordedAt)) return undefined
  const recordedAt = readWhole(line)
  if (!skipBytes(line, layout.type)) return undefined
  const type = line.at
  if (!skipName(line, layout.nameEnd)) return undefined
  const typeEnd = line.at
  if (!skipBytes(line, layout.schemaVersion)) return undefined
  const schemaVersion = readWhole(line)
  if (!skipBytes(line, layout.data)) return undefined
  const data = line.at
  if (!skipStorableRecord(line)) return undefined
  const dataEnd = line.at
  if (!skipBytes(line, layout.metadata)) return undefined
  const metadata = line.at
  if (!skipStorableRecord(line)) return undefined
  if (version < 0 || recordedAt < 0 || schemaVersion < 0) return undefined
  const names = { id, streamId, streamIdEnd, type, typeEnd }
  const json = { data, dataEnd, metadata, metadataEnd: line.at, doubled: slashes === 2 }
  return { raw: { bytes, ...names, ...json }, version, recordedAt, schemaVersion }
}

/**
 * The event in a line that looks as an export writes it, if a store can take its JSON as it is; `undefined`: unknown, parse the line. The JSON is
 * checked, but neither parsed nor copied, until its data is asked for.
 */
export const encodedEvent = (
  layout: Layout,
  bytes: Uint8Array,
  from: number,
  end: number,
): HistoricEvent | undefined => {
  const line: ByteCursor = { bytes, at: from, end, slashes: layout.slashes }
  const parts = readParts(line, layout)
  if (parts === undefined) return undefined
  const { raw, version, recordedAt, schemaVersion } = parts
  const tagsEnd = end - layout.end.length
  const tags = skipBytes(line, layout.tags) ? tagsIn(raw, line.at, tagsEnd) : undefined
  if (tags === null) return undefined
  if (tags !== undefined) line.at = tagsEnd
  if (!skipBytes(line, layout.end) || line.at !== end) return undefined
  const metadata = metadataIn(raw)
  if (metadata === undefined) return undefined
  const { id, streamId, streamIdEnd, type, typeEnd, data, dataEnd } = raw
  return {
    id: shortText(bytes, id, id + UUID_LENGTH),
    streamId: shortText(bytes, streamId, streamIdEnd),
    version,
    recordedAt,
    type: shortText(bytes, type, typeEnd),
    schemaVersion,
    get data() {
      return jsonIn(raw, data, dataEnd) as JsonObject // a record: the line was checked
    },
    metadata,
    ...(tags === undefined ? {} : { tags }),
    raw,
  }
}
