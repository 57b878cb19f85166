import type { RawEvent, EventBytes, HistoricEvent } from '../../../core/ports/transfer'
import { type AnyBatch, metadataText } from './import-columns'

/** What {@link eventRows} makes rows of. */
export const ROW_COLUMNS =
  'position, id, stream_id, version, recorded_at, type, schema_version, data, metadata'

/** And {@link tagRows}. */
export const TAG_COLUMNS = 'tag, position, type'

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}
const SPECIAL = /[\\\t\n\r]/g

/** A text as COPY takes it. */
const field = (text: string): string =>
  text.search(SPECIAL) === -1 ? text : text.replace(SPECIAL, (one) => ESCAPES[one] ?? one)

/** JSON as COPY takes it: no other special character is in it as it is. */
const json = (text: string): string => (text.includes('\\') ? text.replaceAll('\\', '\\\\') : text)

const DAY = 86_400_000
const MINUTE = 60_000

/** A day as PostgreSQL takes it: years have no sign, nor zeros before them. */
const dayText = (day: number): string => {
  const [date = ''] = new Date(day * DAY).toISOString().split('T')
  return date.replace(/^[+]0*/, '')
}

/** The last day and minute: of thousands of events most have the same ones. */
interface LastTime {
  day: number
  dayText: string
  minute: number
  minuteText: string
}

const twoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value))

/** A time, in UTC. Several times as fast as `toISOString`. */
const timeText = (last: LastTime, milliseconds: number): string => {
  const minute = Math.floor(milliseconds / MINUTE)
  if (minute !== last.minute) {
    const day = Math.floor(milliseconds / DAY)
    if (day !== last.day) [last.day, last.dayText] = [day, dayText(day)]
    const inDay = minute - day * (DAY / MINUTE)
    last.minuteText = `${last.dayText} ${twoDigits(Math.floor(inDay / 60))}:${twoDigits(inDay % 60)}:`
    last.minute = minute
  }
  const rest = milliseconds - minute * MINUTE
  return `${last.minuteText}${twoDigits(Math.floor(rest / 1_000))}.${String(rest % 1_000).padStart(3, '0')}Z`
}

const rowOf = (event: HistoricEvent, position: string, time: string): string => {
  const { streamId, version, id, type, schemaVersion, data } = event
  const kind = `${time}\t${field(type)}\t${schemaVersion}`
  return `${position}\t${field(id)}\t${field(streamId)}\t${version}\t${kind}\t${json(JSON.stringify(data))}\t${json(metadataText(event))}\n`
}

const [TAB, LINE_FEED, COMMA, BACKSLASH] = [9, 10, 44, 92]
const IMPORTED = new TextEncoder().encode('"imported":true}\n')
const UUID_LENGTH = 36
/** More than the numbers, the time, and what is between the columns have. */
const REST = 256

/** Rows that are sent together. */
interface Part {
  bytes: Buffer
  end: number
}

const SIZE = 262_144

const fresh = (least: number): Part => ({
  bytes: Buffer.allocUnsafeSlow(Math.max(SIZE, least)),
  end: 0,
})

/** Adds some bytes as they are, and a byte after them. */
const addPlain = (part: Part, bytes: Uint8Array, from: number, to: number): void => {
  const target = part.bytes
  let { end } = part
  for (let at = from; at < to; at++) target[end++] = bytes[at] ?? 0
  part.end = end
}

const addByte = (part: Part, byte: number): void => {
  part.bytes[part.end++] = byte
}

/** Adds a few characters of ASCII. */
const addText = (part: Part, text: string): void => {
  const target = part.bytes
  let { end } = part
  for (let at = 0; at < text.length; at++) target[end++] = text.charCodeAt(at)
  part.end = end
}

/** Adds JSON: each backslash twice. */
const addJson = (part: Part, { bytes, doubled }: EventBytes, from: number, to: number): void => {
  const target = part.bytes
  if (doubled) {
    target.set(bytes.subarray(from, to), part.end)
    part.end += to - from
    return
  }
  let { end } = part
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    target[end++] = byte
    if (byte === BACKSLASH) target[end++] = byte
  }
  part.end = end
}

/** Makes a row of the bytes of an event: all but its position. */
const addRaw = (part: Part, event: RawEvent, time: string): void => {
  const { raw } = event
  const { bytes, id, streamId, streamIdEnd, type, typeEnd } = raw
  addPlain(part, bytes, id, id + UUID_LENGTH)
  addByte(part, TAB)
  addPlain(part, bytes, streamId, streamIdEnd)
  addText(part, `\t${event.version}\t${time}\t`)
  addPlain(part, bytes, type, typeEnd)
  addText(part, `\t${event.schemaVersion}\t`)
  addJson(part, raw, raw.data, raw.dataEnd)
  addByte(part, TAB)
  if (raw.isImported) {
    addJson(part, raw, raw.metadata, raw.metadataEnd)
    addByte(part, LINE_FEED)
    return
  }
  const isEmpty = raw.metadataEnd - raw.metadata === 2
  addJson(part, raw, raw.metadata, raw.metadataEnd - 1)
  if (!isEmpty) addByte(part, COMMA)
  addPlain(part, IMPORTED, 0, IMPORTED.length)
}

/** Bytes that a row has at most. */
const sizeOf = ({ streamId, streamIdEnd, type, typeEnd, ...raw }: EventBytes): number => {
  const names = streamIdEnd - streamId + typeEnd - type
  return names + 2 * (raw.dataEnd - raw.data + raw.metadataEnd - raw.metadata) + REST
}

/**
 * The rows of events, as COPY takes {@link ROW_COLUMNS}, some at a time. Those that were read from an archive are made of its bytes: there are
 * millions of them. What it has given is overwritten when it is asked for more.
 *
 * @param positions - theirs, one for each.
 */
export function* eventRows(
  events: AnyBatch['events'],
  positions: ReadonlyArray<string>,
): Generator<Buffer> {
  const last: LastTime = { day: NaN, dayText: '', minute: NaN, minuteText: '' }
  let part = fresh(0)
  for (const [index, event] of events.entries()) {
    const time = timeText(last, event.recordedAt)
    const position = positions[index] ?? ''
    const row = 'raw' in event ? undefined : Buffer.from(rowOf(event, position, time))
    const size = 'raw' in event ? sizeOf(event.raw) : (row?.length ?? 0)
    if (part.end + size > part.bytes.length) {
      yield part.bytes.subarray(0, part.end)
      if (size <= part.bytes.length) part.end = 0
      else part = fresh(size)
    }
    if ('raw' in event) {
      addText(part, `${position}\t`)
      addRaw(part, event, time)
    } else if (row !== undefined) addPlain(part, row, 0, row.length)
  }
  yield part.bytes.subarray(0, part.end)
}

/** The rows of the tags of events, as COPY takes {@link TAG_COLUMNS}; empty: they have none. */
export const tagRows = (events: AnyBatch['events'], positions: ReadonlyArray<string>): string => {
  let rows = ''
  for (const [index, { type, tags = [] }] of events.entries()) {
    for (const tag of tags) rows += `${field(tag)}\t${positions[index] ?? ''}\t${field(type)}\n`
  }
  return rows
}
