import * as t from 'io-ts'
import type { JsonObject } from '../json'
import { Metadata } from '../metadata'
import type { RawEvent, EventBytes, HistoricEvent } from '../ports/transfer'
import { sortedTags } from '../tags'
import {
  type ByteCursor,
  hexDigit,
  readWhole,
  skipBytes,
  skipSpaces,
  skipStorableList,
  skipStorableRecord,
  skipStorableText,
} from './json-bytes'

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

const [NOTHING, TAB] = [bytesOf(''), bytesOf('\t')]

/** As `eventRow` writes them. */
export const ROW_LINE: Layout = {
  id: NOTHING,
  streamId: TAB,
  version: TAB,
  position: TAB,
  recordedAt: TAB,
  type: TAB,
  schemaVersion: TAB,
  data: TAB,
  metadata: TAB,
  tags: TAB,
  end: NOTHING,
  nameEnd: 9,
  slashes: 2,
}

const [SPACE, DASH, BACKSLASH] = [32, 45, 92]
const Tags = t.readonlyArray(t.string)
const UUID_LENGTH = 36
/** A longer name may be too long. */
const LONGEST_NAME = 255

/** How many names are remembered. */
const NAMES = 16_384

const isText = (text: string, bytes: Uint8Array, from: number, to: number): boolean => {
  if (text.length !== to - from) return false
  for (let at = from; at < to; at++) if (text.charCodeAt(at - from) !== bytes[at]) return false
  return true
}

/** Reads names. They come again and again, and are made once. */
const nameReader = (): ((bytes: Uint8Array, from: number, to: number) => string) => {
  const known = Array.from<string>({ length: NAMES }).fill('')
  return (bytes, from, to) => {
    let hash = 0x811c9dc5
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
    const slot = (hash ^ (hash >>> 15)) & (NAMES - 1)
    const before = known[slot] ?? ''
    if (isText(before, bytes, from, to)) return before
    const text = decoder.decode(bytes.subarray(from, to))
    known[slot] = text
    return text
  }
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

/** Of metadata, the keys whose values are any texts. */
const TEXT_KEYS = ['commandId', 'correlationId', 'causationId', 'actor'].map((key) =>
  bytesOf(`"${key}":`),
)

/** Whether metadata has nothing but {@link TEXT_KEYS}. */
const hasTextsOnly = ({ bytes, metadata, metadataEnd, doubled }: EventBytes): boolean => {
  const slashes = doubled ? 2 : 1
  const line: ByteCursor = { bytes, at: metadata + 1, end: metadataEnd, slashes }
  while (line.at < metadataEnd - 1) {
    if (!TEXT_KEYS.some((key) => skipBytes(line, key))) return false
    skipSpaces(line)
    if (!skipStorableText(line)) return false
    line.at += 1 // a comma, or the end: the JSON was checked
    skipSpaces(line)
  }
  return true
}

/** Undefined: it is none. */
const metadataIn = (raw: EventBytes): Metadata | undefined => {
  const value = jsonIn(raw, raw.metadata, raw.metadataEnd)
  return Metadata.is(value) ? value : undefined
}

/** The tags; none: `undefined`. Unknown: null. */
const readTags = (
  line: ByteCursor,
  layout: Layout,
  raw: EventBytes,
): ReadonlyArray<string> | undefined | null => {
  if (!skipBytes(line, layout.tags) || line.at === line.end) return undefined
  const from = line.at
  if (!skipStorableList(line)) return null
  const tags = jsonIn(raw, from, line.at)
  if (!Tags.is(tags)) return null
  return raw.doubled ? sortedTags(tags) : tags // the database sorts them by characters
}

const isDash = (index: number): boolean =>
  index === 8 || index === 13 || index === 18 || index === 23

const skipUuid = (line: ByteCursor): boolean => {
  for (let index = 0; index < UUID_LENGTH; index++) {
    const byte = line.bytes[line.at + index] ?? 0
    if (isDash(index) ? byte !== DASH : hexDigit(byte) < 0) return false
  }
  line.at += UUID_LENGTH
  return true
}

/** Reads the parts of an event, up to its metadata. */
const readParts = (line: ByteCursor, layout: Layout) => {
  const { bytes, slashes } = line
  if (!skipBytes(line, layout.id)) return undefined
  const id = line.at
  if (!skipUuid(line)) return undefined
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
  // Part by part: a copy of some parts takes several times as long.
  const raw: EventBytes = {
    bytes,
    id,
    streamId,
    streamIdEnd,
    type,
    typeEnd,
    data,
    dataEnd,
    metadata,
    metadataEnd: line.at,
    doubled: slashes === 2,
    isImported: false,
    isBeginning: false,
  }
  return { raw, version, recordedAt, schemaVersion }
}

/** Reads the event in a line; `undefined`: unknown, parse the line. */
export type ReadEvent = (bytes: Uint8Array, from: number, end: number) => RawEvent | undefined

/**
 * Reads events of lines that look as an export writes them, and whose JSON a store can take as it is. The JSON is checked, but neither
 * parsed nor copied, until it is asked for.
 */
export const encodedEvents = (layout: Layout): ReadEvent => {
  const nameIn = nameReader()
  return (bytes, from, end) => {
    const line: ByteCursor = { bytes, at: from, end, slashes: layout.slashes }
    const parts = readParts(line, layout)
    if (parts === undefined) return undefined
    const { raw, version, recordedAt, schemaVersion } = parts
    const tags = readTags(line, layout, raw)
    if (tags === null) return undefined
    if (!skipBytes(line, layout.end) || line.at !== end) return undefined
    const isSimple = hasTextsOnly(raw)
    const metadata = isSimple ? undefined : metadataIn(raw)
    if (!isSimple && metadata === undefined) return undefined
    const isImported = metadata?.imported === true
    const isBeginning = metadata?.beginning === true
    const event: RawEvent = {
      streamId: nameIn(bytes, raw.streamId, raw.streamIdEnd),
      version,
      recordedAt,
      type: nameIn(bytes, raw.type, raw.typeEnd),
      schemaVersion,
      raw: isImported || isBeginning ? { ...raw, isImported, isBeginning } : raw,
    }
    return tags === undefined ? event : { ...event, tags }
  }
}

/** The id of an event, however it came. */
export const idOf = (event: HistoricEvent | RawEvent): string =>
  'raw' in event
    ? decoder.decode(event.raw.bytes.subarray(event.raw.id, event.raw.id + UUID_LENGTH))
    : event.id

/**
 * An event with everything that it has, whether it was read from an archive or made here.
 *
 * @example
 * const dataOf = (events: ReadonlyArray<RawEvent>) => events.map((event) => decodedEvent(event).data)
 */
export const decodedEvent = (event: HistoricEvent | RawEvent): HistoricEvent => {
  if (!('raw' in event)) return event
  const { raw, ...rest } = event
  return {
    ...rest,
    id: idOf(event),
    data: jsonIn(raw, raw.data, raw.dataEnd) as JsonObject, // a record: the line was checked
    metadata: metadataIn(raw) ?? {},
  }
}

/** Whether a stream begins with an event although its version is not 1. */
export const beginsStream = (event: HistoricEvent | RawEvent): boolean =>
  'raw' in event ? event.raw.isBeginning : event.metadata.beginning === true
