import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { ImportOvertaken } from '../errors/transfer'
import type { NewEvent, StoredEvent } from '../recorded-event'
import type { Position, StreamId, StreamVersion } from '../stream'

/** An event with the place and the time that it has had elsewhere. */
export interface HistoricEvent extends NewEvent {
  readonly streamId: StreamId
  /** 1 or more. */
  readonly version: StreamVersion
  /** Milliseconds since 1970-01-01 UTC. */
  readonly recordedAt: number
}

/** An event as it was read from an archive. Its id, its data and its metadata are in the bytes: see `decodedEvent`. */
export interface RawEvent extends Omit<HistoricEvent, 'id' | 'data' | 'metadata'> {
  readonly raw: EventBytes
}

/**
 * Where an event is in the bytes of an archive, in UTF-8. What is there was checked: a store can take it as it stands.
 * Numbers are indexes of `bytes`; each part ends before the index that is called so.
 */
export interface EventBytes {
  readonly bytes: Uint8Array
  /** Where the id begins, which has 36 bytes. Counted from 0 in `bytes`, as all that follow. */
  readonly id: number
  /** Where the stream id begins. None of its characters is escaped. */
  readonly streamId: number
  /** Where it ends: the next byte. */
  readonly streamIdEnd: number
  /** Where the type begins. None of its characters is escaped. */
  readonly type: number
  /** Where it ends: the next byte. */
  readonly typeEnd: number
  /** Where the JSON of the data begins. */
  readonly data: number
  /** Where it ends: the next byte. */
  readonly dataEnd: number
  /** Where the JSON of the metadata begins. */
  readonly metadata: number
  /** Where it ends: the next byte. */
  readonly metadataEnd: number
  /** Whether each backslash of the JSON is written twice, as PostgreSQL's COPY does. */
  readonly doubled: boolean
  /** What its metadata says of it. */
  readonly isImported: boolean
  readonly isBeginning: boolean
}

/** A stored event with its tags. */
export interface ExportedEvent extends StoredEvent {
  /** Sorted by code units, each once. Empty: it has none. */
  readonly tags: ReadonlyArray<string>
}

/** Events as lines of an archive. */
export interface ExportedLines {
  /** In UTF-8, each with its line feed. */
  readonly lines: Uint8Array
  /** How many they are. 1 or more. */
  readonly events: number
  /** The position of the last one. */
  readonly last: Position
}

/** A command that was handled on a stream. */
export interface ExportedCommand {
  readonly streamId: StreamId
  readonly commandId: string
  /** The version of the stream before its events. */
  readonly after: StreamVersion
  /** How many events it produced. */
  readonly eventCount: number
  readonly fingerprint?: string | undefined
}

/** What can be exported at this moment. */
export interface ExportStart {
  readonly lineage: string
  /** No event can appear any more up to here. 0: there is none. */
  readonly upTo: Position
  /** The categories all of whose events have their tags, ordered by name. */
  readonly completeTags: ReadonlyArray<string>
}

/** Which events to export. */
export interface ExportRange {
  /** Only later positions. 0: from the start. */
  readonly after: Position
  /** Only positions up to here: that of an {@link ExportStart}, or a lower one. */
  readonly upTo: Position
}

/** Which commands to export, in the order of their streams and ids. */
export interface CommandRange {
  /** Only commands that come later. Omitted: from the start. */
  readonly after?: Pick<ExportedCommand, 'streamId' | 'commandId'>
  /** Only commands whose events are all at or before this position. */
  readonly upTo: Position
  /** Commands at most in this page. 1 or more. */
  readonly limit: number
}

/** A line of an archive that is not imported, and why. */
export interface Refusal {
  /** Counted from 1. */
  readonly line: number
  /** Where its first byte is in the archive, counted from 0. */
  readonly start: number
  /** How many bytes it has, without the line feed. */
  readonly length: number
  /** The kind of the reason: `VersionTaken`, say. */
  readonly reason: string
  readonly message: string
}

/** How far the import of an archive is. */
export interface ImportProgress {
  /** The SHA-256 of the archive, in hexadecimal digits. */
  readonly archive: string
  /** How many lines are done. */
  readonly lines: number
  /** How many bytes of the archive these lines are. */
  readonly bytes: number
  /** How many events were stored. */
  readonly events: number
  /** How many commands were stored. */
  readonly commands: number
  /** How many lines were refused. */
  readonly refused: number
  readonly isFinished: boolean
}

/** What of an archive is stored in one go. */
export interface ImportBatch<Event extends HistoricEvent | RawEvent = HistoricEvent> {
  /** How far the import is before it. If it is elsewhere, nothing is stored. */
  readonly from: ImportProgress
  /** How far it is afterwards. */
  readonly to: Pick<ImportProgress, 'lines' | 'bytes' | 'isFinished'>
  /** In the order in which they get their positions. The versions of each stream follow one another. */
  readonly events: ReadonlyArray<Event>
  readonly commands: ReadonlyArray<ExportedCommand>
  readonly refusals: ReadonlyArray<Refusal>
  /** The categories whose events all have their tags. Others are then known to lack some. */
  readonly completeTags: ReadonlyArray<string>
  /** Omitted: each stream is looked at. */
  readonly known?: KnownStreams
}

/**
 * Streams to which the import has come before. The store need not look at each: no other event can have taken a version
 * unnoticed, if none was removed.
 */
export interface KnownStreams {
  /** Those whose events in the batch follow the ones that the import has stored. */
  readonly streams: Pick<ReadonlySet<StreamId>, 'has'>
  /** See `ImportLook.removals`. If it is another number now, nothing is stored. */
  readonly removals: number
}

/** What a store has of what is about to be imported. */
export interface ImportLook {
  /** The version of each stream that was asked for; 0: never written to. */
  readonly versions: ReadonlyMap<StreamId, StreamVersion>
  /** Those of them that were closed: no event fits to them. Omitted: none. */
  readonly closed?: ReadonlySet<StreamId>
  /** Which of the commands it has handled, as they are stored there. */
  readonly commands: ReadonlyArray<ExportedCommand>
  /** How often events were removed from streams: by `eraseStream`, `archive`, `truncate`. Omitted: it does not count. */
  readonly removals?: number
}

/**
 * Takes the whole content of a store out, and brings it into another one, with everything that an event is: its id, stream,
 * version, type, data, metadata, tags and time, and the order of the positions. The positions themselves are new.
 * Every adapter passes `transferContract` of `reprise/testing`.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer.
 */
export interface Transfer {
  /** What there is to export. */
  readonly exportStart: () => TaskEither<StoreFailed, ExportStart>

  /**
   * Gives the events of a range, in the order of their positions, page by page to `take`; the next one is read when that
   * has ended. However many there are, a page is what is held in memory.
   *
   * Fails with the error of `take`, after which no other page follows.
   */
  readonly exportEvents: <Failure>(
    range: ExportRange,
    take: (page: ReadonlyArray<ExportedEvent>) => TaskEither<Failure, void>,
  ) => TaskEither<StoreFailed | Failure, void>

  /**
   * As `exportEvents`, but the events come as the lines of an archive: by a store that makes them faster than they could be
   * made from its events. Omitted: they are made from the events.
   */
  readonly exportLines?: <Failure>(
    range: ExportRange,
    take: (page: ExportedLines) => TaskEither<Failure, void>,
  ) => TaskEither<StoreFailed | Failure, void>

  /** As `exportLines`, of an archive whose events are rows of PostgreSQL's COPY: see docs/how-to/export-and-import.md. */
  readonly exportRows?: <Failure>(
    range: ExportRange,
    take: (page: ExportedLines) => TaskEither<Failure, void>,
  ) => TaskEither<StoreFailed | Failure, void>

  /** A page of the commands that were handled. Fewer than the limit: there are no more. */
  readonly exportCommands: (
    range: CommandRange,
  ) => TaskEither<StoreFailed, ReadonlyArray<ExportedCommand>>

  /**
   * Begins to import an archive, or says how far that is. The tags of `completeTags` can be relied on from then on, unless
   * the store has events of that category without.
   */
  readonly beginImport: (
    archive: string,
    completeTags: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ImportProgress>

  /** What the store has of some streams and commands. */
  readonly lookForImport: (
    streams: ReadonlyArray<StreamId>,
    commands: ReadonlyArray<ExportedCommand>,
  ) => TaskEither<StoreFailed, ImportLook>

  /**
   * Stores a batch: its events, commands and refusals, and how far the import is; all of it, or nothing. Each event gets
   * `imported: true` in its metadata. `undefined`: a stream or a command of it is not as `lookForImport` has said, for
   * another writer was faster. Nothing was stored; look again.
   *
   * Inline projections and hooks do not see what is imported.
   *
   * Fails with
   * - `ImportOvertaken`: the import is not where `from` says.
   * - `StoreFailed`: with outcome `unknown` it may have been stored, and `beginImport` knows. With reason `TagsNotDeclared`
   *   the tags of a category are enforced, and it is not among `completeTags`.
   */
  readonly storeBatch: (
    batch: ImportBatch,
  ) => TaskEither<StoreFailed | ImportOvertaken, ImportProgress | undefined>

  /**
   * As `storeBatch`, of events as they were read: by a store that can take their bytes, which is several times as fast. Omitted: they
   * are decoded before.
   */
  readonly storeRaw?: (
    batch: ImportBatch<HistoricEvent | RawEvent>,
  ) => TaskEither<StoreFailed | ImportOvertaken, ImportProgress | undefined>

  /** A page of the lines of an archive that were refused, in their order: those after the line `after`. */
  readonly refusals: (
    archive: string,
    range: { readonly after: number; readonly limit: number },
  ) => TaskEither<StoreFailed, ReadonlyArray<Refusal>>
}
