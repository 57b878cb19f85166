import type { EventBytes, HistoricEvent, ImportBatch } from '../../../core/ports/transfer'
import { metadataText } from './import-columns'

/** What {@link eventRows} makes rows of. No position: the sequence draws it, in the order of the rows. */
export const ROW_COLUMNS =
  'id, stream_id, version, recorded_at, type, schema_version, data, metadata'

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

const rowOf = (event: HistoricEvent, time: string): string => {
  const { streamId, version, id, type, schemaVersion, data } = event
  const kind = `${time}\t${field(type)}\t${schemaVersion}`
  return `${field(id)}\t${field(streamId)}\t${version}\t${kind}\t${json(JSON.stringify(data))}\t${json(metadataText(event))}\n`
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

/** Makes a row of the bytes of an event. */
const addRaw = (part: Part, event: HistoricEvent, raw: EventBytes, time: string): void => {
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
 */
export function* eventRows(events: ImportBatch['events']): Generator<Buffer> {
  const last: LastTime = { day: NaN, dayText: '', minute: NaN, minuteText: '' }
  let part = fresh(0)
  for (const event of events) {
    const time = timeText(last, event.recordedAt)
    const { raw } = event
    const row = raw === undefined ? Buffer.from(rowOf(event, time)) : undefined
    const size = raw === undefined ? (row?.length ?? 0) : sizeOf(raw)
    if (part.end + size > part.bytes.length) {
      yield part.bytes.subarray(0, part.end)
      if (size <= part.bytes.length) part.end = 0
      else part = fresh(size)
    }
    if (raw !== undefined) addRaw(part, event, raw, time)
    else if (row !== undefined) addPlain(part, row, 0, row.length)
  }
  yield part.bytes.subarray(0, part.end)
}
