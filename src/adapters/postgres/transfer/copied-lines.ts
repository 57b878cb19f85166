import type { ExportedLines } from '../../../core/ports/transfer'
import { sortedTags } from '../../../core/tags'
import { milliseconds } from '../schema/names'
import type { CursorRange } from './cursor'

/**
 * The rows of which {@link linePages} makes lines: the columns in the order of the keys of a line, the last one the tags. Tags
 * have no index by position: they are sorted once, on the server. A row with the schema version 0 is no event.
 *
 * @param schema - its quoted name.
 */
export const copiedEvents = (
  schema: string,
  { after, upTo }: Omit<CursorRange, 'order'>,
): string => `
copy (
  select e.id, e.stream_id, e.version, e.position, ${milliseconds('e.recorded_at')}::bigint, e.type, e.schema_version, e.data,
         case when e.metadata ? 'imported' then e.metadata - 'imported' else e.metadata end, coalesce(t.tags, '')
  from ${schema}.events e
  left join (
    select position as at, to_json(array_agg(tag order by tag))::text as tags from ${schema}.event_tags
    where position > ${after} and position <= ${upTo}
    group by position
  ) t on t.at = e.position
  where e.position > ${after} and e.position <= ${upTo} and e.schema_version <> 0
  order by e.position
) to stdout`

const [TAB, LINE_FEED, SPACE, QUOTE, ZERO, BACKSLASH] = [9, 10, 32, 34, 48, 92]
/** In UTF-8, a character beyond 16 bits begins with this byte or a later one. */
const FOUR_BYTES = 0xf0
/** `\v` is no escape of JSON; all others of COPY are. */
const V = 118

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

// As eventLine of the core writes them.
const ID = bytesOf('{"id":"')
const STREAM = bytesOf('","streamId":"')
const VERSION = bytesOf('","version":')
const POSITION = bytesOf(',"position":')
const RECORDED_AT = bytesOf(',"recordedAt":')
const TYPE = bytesOf(',"type":"')
const SCHEMA_VERSION = bytesOf('","schemaVersion":')
const DATA = bytesOf(',"data":')
const METADATA = bytesOf(',"metadata":')
const TAGS = bytesOf(',"tags":')
const END = bytesOf('}\n')

/** Columns before it. */
const POSITION_COLUMN = 3
/** More than all keys of a line have. */
const KEYS = 256
/** A byte of a name becomes `\u0000` at most. */
const LONGEST_ESCAPE = 6

/** A buffer that is filled. */
interface Page {
  bytes: Uint8Array
  end: number
  events: number
  last: number
}

/** Makes room for so many bytes. */
const reserve = (page: Page, more: number): void => {
  if (page.end + more <= page.bytes.length) return
  const larger = new Uint8Array(Math.max(page.bytes.length * 2, page.end + more))
  larger.set(page.bytes.subarray(0, page.end))
  page.bytes = larger
}

const add = (page: Page, bytes: Uint8Array): void => {
  const target = page.bytes
  let { end } = page
  for (const byte of bytes) target[end++] = byte
  page.end = end
}

// Each of the following takes a column from `at` on, and answers where the next one begins.

/** A column that needs no escapes. */
const addPlain = (page: Page, row: Uint8Array, at: number): number => {
  const target = page.bytes
  let { end } = page
  for (; at < row.length; at++) {
    const byte = row[at] ?? 0
    if (byte === TAB) break
    target[end++] = byte
  }
  page.end = end
  return at + 1
}

/** A name, inside of the quotes of JSON. The escapes of COPY are those of JSON, but for `\v`, the quote, and rare controls. */
const addName = (page: Page, row: Uint8Array, at: number): number => {
  const length = Math.max(row.indexOf(TAB, at) - at, 0)
  reserve(page, LONGEST_ESCAPE * length + row.length - at + KEYS)
  const target = page.bytes
  let { end } = page
  const escapeControl = (byte: number): void => {
    for (const one of bytesOf(`\\u00${byte.toString(16).padStart(2, '0')}`)) target[end++] = one
  }
  for (const stop = at + length; at < stop; at++) {
    const byte = row[at] ?? 0
    if (byte === BACKSLASH) {
      const next = row[++at] ?? 0
      if (next === V) {
        escapeControl(11)
        continue
      }
      target[end++] = BACKSLASH
      target[end++] = next
    } else if (byte < SPACE) {
      escapeControl(byte)
    } else {
      if (byte === QUOTE) target[end++] = BACKSLASH
      target[end++] = byte
    }
  }
  page.end = end
  return at + 1
}

/** A column of JSON, without the spaces between its parts. All that COPY escapes in it is the backslash. */
const addJson = (page: Page, row: Uint8Array, at: number): number => {
  const target = page.bytes
  let { end } = page
  let isInText = false
  for (; at < row.length; at++) {
    const byte = row[at] ?? 0
    if (byte === BACKSLASH) {
      // Two of them are one, and escape what follows.
      at += 2
      target[end++] = BACKSLASH
      const escaped = row[at] ?? 0
      if (escaped === BACKSLASH) at += 1
      target[end++] = escaped
      continue
    }
    if (byte === TAB || byte === LINE_FEED) break
    if (byte === QUOTE) isInText = !isInText
    if (byte !== SPACE || isInText) target[end++] = byte
  }
  page.end = end
  return at + 1
}

/** The database sorts by characters, which differs from code units beyond 16 bits. */
const sortTags = (page: Page, from: number): void => {
  const added = page.bytes.subarray(from, page.end)
  if (added.every((byte) => byte < FOUR_BYTES)) return
  const tags = JSON.parse(new TextDecoder().decode(added)) as ReadonlyArray<string>
  page.end = from
  add(page, bytesOf(JSON.stringify(sortedTags(tags))))
}

const numberIn = (bytes: Uint8Array, from: number, to: number): number => {
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + (bytes[at] ?? ZERO) - ZERO
  return value
}

/** Makes the line of an event from a row of {@link copiedEvents}. */
const addLine = (page: Page, row: Uint8Array): void => {
  reserve(page, row.length + KEYS)
  add(page, ID)
  let at = addPlain(page, row, 0)
  add(page, STREAM)
  at = addName(page, row, at)
  add(page, VERSION)
  at = addPlain(page, row, at)
  add(page, POSITION)
  const position = page.end
  at = addPlain(page, row, at)
  page.last = numberIn(page.bytes, position, page.end)
  add(page, RECORDED_AT)
  at = addPlain(page, row, at)
  add(page, TYPE)
  at = addName(page, row, at)
  add(page, SCHEMA_VERSION)
  at = addPlain(page, row, at)
  add(page, DATA)
  at = addJson(page, row, at)
  add(page, METADATA)
  at = addJson(page, row, at)
  if (row[at] !== LINE_FEED) {
    add(page, TAGS)
    const tags = page.end
    addJson(page, row, at)
    sortTags(page, tags)
  }
  add(page, END)
  page.events += 1
}

/** Takes a row of {@link copiedEvents} as it is. */
const addRow = (page: Page, row: Uint8Array): void => {
  reserve(page, row.length)
  page.bytes.set(row, page.end)
  page.end += row.length
  let position = 0
  for (let column = 0; column < POSITION_COLUMN; column++) position = row.indexOf(TAB, position) + 1
  page.last = numberIn(row, position, row.indexOf(TAB, position))
  page.events += 1
}

/** What becomes a line: the row itself, or JSON. */
const ADDING = { rows: addRow, json: addLine }

/** Lines of events, of some size together. */
export interface LinePages {
  /** Takes a row. Answers a page that is full now. */
  readonly add: (row: Uint8Array) => ExportedLines | undefined
  /** What is left; `undefined`: nothing. */
  readonly rest: () => ExportedLines | undefined
}

/**
 * Makes lines of an archive from rows in the text format of COPY. Byte by byte: there are millions of them, and the server is
 * about as fast.
 *
 * @param size - of a page, about, in bytes.
 */
export const linePages = (size: number, lines: keyof typeof ADDING): LinePages => {
  const addTo = ADDING[lines]
  const fresh = (): Page => ({ bytes: new Uint8Array(size), end: 0, events: 0, last: 0 })
  let page = fresh()
  const rest = (): ExportedLines | undefined => {
    if (page.events === 0) return undefined
    const { bytes, end, events, last } = page
    page = fresh()
    return { lines: bytes.subarray(0, end), events, last }
  }
  return {
    add: (row) => {
      addTo(page, row)
      return page.end + KEYS * 4 > size ? rest() : undefined
    },
    rest,
  }
}
