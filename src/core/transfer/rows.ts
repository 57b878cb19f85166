import * as E from 'fp-ts/Either'
import type { Issue } from '../issue'
import type { HistoricEvent } from '../ports/transfer'
import { sortedTags } from '../tags'
import { type ArchiveLine, ownMetadata, parsed, parseLine, toArchiveLine } from './archive'

/** How the events of an archive are written: each as JSON, or as a row of PostgreSQL's COPY in its text format. */
export type ArchiveLines = 'json' | 'rows'

/** Of COPY. Others, but for the backslash itself, are never written. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}
const CHARACTERS: ReadonlyMap<string, string> = new Map(
  Object.entries(ESCAPES).map(([character, escape]) => [escape, character]),
)
// The control characters that COPY escapes.
const SPECIAL = /[\b\f\n\r\t\v\\]/g
const ESCAPE = /\\[^]?/g

const escaped = (text: string): string => text.replace(SPECIAL, (one) => ESCAPES[one] ?? one)

/** `undefined`: it is null, or has an escape that is never written. */
const unescaped = (text: string): string | undefined =>
  (text.match(ESCAPE) ?? []).every((escape) => CHARACTERS.has(escape))
    ? text.replace(ESCAPE, (escape) => CHARACTERS.get(escape) ?? escape)
    : undefined

/**
 * The row of an event: its id, stream id, version, position, time in milliseconds since 1970-01-01 UTC, type, schema version, data, metadata
 * and tags (a list in JSON; empty: none), with tabs between them.
 */
export const eventRow = (event: HistoricEvent, position: number): string => {
  const { id, streamId, version, recordedAt, type, schemaVersion, data, metadata, tags } = event
  const columns = [
    ...[id, streamId, String(version), String(position), String(recordedAt), type],
    ...[String(schemaVersion), JSON.stringify(data), JSON.stringify(ownMetadata(metadata))],
    tags === undefined || tags.length === 0 ? '' : JSON.stringify(tags),
  ]
  return `${columns.map(escaped).join('\t')}\n`
}

const isList = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const parseRow = (text: string): E.Either<ReadonlyArray<Issue>, ArchiveLine> => {
  const [
    id,
    streamId,
    version,
    position,
    recordedAt,
    type,
    schemaVersion,
    data,
    metadata,
    tags,
    ...more
  ] = text.split('\t').map(unescaped)
  if (tags === undefined || more.length > 0) {
    return E.left([{ path: '', message: 'it is no row of an event' }])
  }
  const list = tags === '' ? undefined : parsed(tags)
  return toArchiveLine({
    ...{ id, streamId, type, version: Number(version), position: Number(position) },
    ...{ recordedAt: Number(recordedAt), schemaVersion: Number(schemaVersion) },
    ...{ data: parsed(data ?? ''), metadata: parsed(metadata ?? '') },
    ...(tags === '' ? {} : { tags: isList(list) ? sortedTags(list) : list }),
  })
}

/** Whether a line that begins so is the row of an event. Commands and the end are JSON in every archive. */
export const isRow = (lines: ArchiveLines, first: string): boolean =>
  lines === 'rows' && !first.startsWith('{')

/** Any line of an archive but the first, or why it is none. */
export const parseAny = (
  lines: ArchiveLines,
  text: string,
): E.Either<ReadonlyArray<Issue>, ArchiveLine> =>
  isRow(lines, text) ? parseRow(text) : parseLine(text)
