import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type ArchiveRejected, archiveRejected } from '../errors/transfer'
import { type Issue, issuesOf } from '../issue'
import { isRecord, type JsonObject } from '../json'
import { Metadata } from '../metadata'
import type { ExportedCommand, ExportedEvent, HistoricEvent } from '../ports/transfer'
import type { ArchiveLines } from './rows'

/** The formats of an archive, by the number in its header. A later release may know more. */
const FORMATS: ReadonlyMap<number, ArchiveLines> = new Map([
  [1, 'json'],
  [2, 'rows'],
])

const JsonRecord = new t.Type<JsonObject>(
  'a JSON object',
  isRecord,
  (value, context) => (isRecord(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

const Header = t.type({
  reprise: t.literal('archive'),
  format: t.number,
  lineage: t.string,
  completeTags: t.readonlyArray(t.string),
})

/** The first line of an archive. */
export interface ArchiveHeader {
  /** Of the store that was exported. */
  readonly lineage: string
  /** The categories all of whose events have their tags. */
  readonly completeTags: ReadonlyArray<string>
  /** How its events are written. */
  readonly lines: ArchiveLines
}

const EventLine = t.intersection([
  t.type({
    id: t.string,
    streamId: t.string,
    version: t.number,
    recordedAt: t.number,
    type: t.string,
    schemaVersion: t.number,
    data: JsonRecord,
    metadata: Metadata,
  }),
  t.partial({ position: t.number, tags: t.readonlyArray(t.string) }),
])
type EventLine = t.TypeOf<typeof EventLine>

const CommandLine = t.type({
  command: t.intersection([
    t.type({ streamId: t.string, commandId: t.string, after: t.number, eventCount: t.number }),
    t.partial({ fingerprint: t.string }),
  ]),
})

const EndLine = t.type({
  end: t.type({ events: t.number, commands: t.number, upTo: t.number, sha256: t.string }),
})

/** The last line of an archive. */
export interface ArchiveEnd {
  readonly events: number
  readonly commands: number
  /** Every event of the store up to this position is in it. */
  readonly upTo: number
  /** Of all bytes before this line, in hexadecimal digits. */
  readonly sha256: string
}

/** A line between the first and the last one. */
export type ArchiveLine =
  | { readonly _tag: 'Event'; readonly event: HistoricEvent; readonly position: number }
  | { readonly _tag: 'Command'; readonly command: ExportedCommand }
  | { readonly _tag: 'End'; readonly end: ArchiveEnd }

/** JSON, in one line. */
const line = (value: unknown): string => `${JSON.stringify(value)}\n`

export const headerLine = ({ lineage, completeTags, lines }: ArchiveHeader): string => {
  const [format] = [...FORMATS].find(([, known]) => known === lines) ?? []
  return line({ reprise: 'archive', format, lineage, completeTags })
}

/** Where it was imported to is no part of what an event is. */
export const ownMetadata = (metadata: Metadata): Metadata => {
  if (metadata.imported === undefined) return metadata
  const { imported: _imported, ...own } = metadata
  return own
}

/**
 * The id comes first: what looks for ids only need not parse the rest. Written part by part, for there are millions of
 * them.
 */
const lineOf = (event: HistoricEvent, position: number, metadataOf: Metadata): string => {
  const { id, streamId, version, recordedAt, type, schemaVersion, tags } = event
  const [data, metadata] = [JSON.stringify(event.data), JSON.stringify(metadataOf)]
  const place = `"streamId":${JSON.stringify(streamId)},"version":${version},"position":${position}`
  const kind = `"type":${JSON.stringify(type)},"schemaVersion":${schemaVersion}`
  const tagged = tags === undefined || tags.length === 0 ? '' : `,"tags":${JSON.stringify(tags)}`
  return `{"id":"${id}",${place},"recordedAt":${recordedAt},${kind},"data":${data},"metadata":${metadata}${tagged}}\n`
}

export const eventLine = (event: HistoricEvent, position: number): string =>
  lineOf(event, position, ownMetadata(event.metadata))

/** The line of an event as it is in the store, also where it was imported to. */
export const storedEventLine = (event: ExportedEvent): string =>
  lineOf(event, event.position, event.metadata)

export const commandLine = (command: ExportedCommand): string => line({ command })

export const endLine = (end: ArchiveEnd): string => line({ end })

/** A text as JSON; `undefined`, which no JSON is, if it is none. */
export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The first line of an archive.
 *
 * Fails with `ArchiveRejected`: it is none, or of a later format.
 */
export const parseHeader = (text: string): E.Either<ArchiveRejected, ArchiveHeader> => {
  const header = parsed(text)
  if (!Header.is(header)) return E.left(archiveRejected('NotAnArchive'))
  const { lineage, completeTags, format } = header
  const lines = FORMATS.get(format)
  return lines === undefined
    ? E.left(archiveRejected('NewerFormat'))
    : E.right({ lineage, completeTags, lines })
}

// Field by field: a copy of the rest takes several times as long.
const toEvent = (line: EventLine): ArchiveLine => {
  const event: HistoricEvent = {
    id: line.id,
    streamId: line.streamId,
    version: line.version,
    recordedAt: line.recordedAt,
    type: line.type,
    schemaVersion: line.schemaVersion,
    data: line.data,
    metadata: line.metadata,
  }
  const { tags, position = 0 } = line
  return { _tag: 'Event', event: tags === undefined ? event : { ...event, tags }, position }
}

/** What a value of JSON stands for in an archive, or why it is none of its lines. */
export const toArchiveLine = (value: unknown): E.Either<ReadonlyArray<Issue>, ArchiveLine> => {
  if (EventLine.is(value)) return E.right(toEvent(value))
  if (CommandLine.is(value)) return E.right({ _tag: 'Command', command: value.command })
  if (EndLine.is(value)) return E.right({ _tag: 'End', end: value.end })
  const decoded = EventLine.decode(value)
  return E.left(E.isLeft(decoded) ? issuesOf(decoded.left) : [])
}

/** A line of JSON but the first, or why it is none. */
export const parseLine = (text: string): E.Either<ReadonlyArray<Issue>, ArchiveLine> => {
  const value = parsed(text)
  return value === undefined
    ? E.left([{ path: '', message: 'it is not JSON' }])
    : toArchiveLine(value)
}
