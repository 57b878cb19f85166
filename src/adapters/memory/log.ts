import type { ArchivedStream, ClosedStream } from '../../core/operator/archiving'
import type { Erasure } from '../../core/operator/erasure'
import type { FilePlace, FileRange, RangeToWrite } from '../../core/operator/moving-to-files'
import type { Truncation } from '../../core/operator/truncating'
import type { ForgottenSubject } from '../../core/operator/forgetting'
import type { WrappedSubjectKey } from '../../core/ports/subject-keys'
import type { CommandRecord, StoredSnapshot } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position, StreamId, StreamVersion } from '../../core/stream'
import type { TagIndex } from './tag-index'

/** One stream. */
export interface MemoryStream {
  /** The event of version n stands at n - 1. What is below `first` is no event. */
  readonly events: StoredEvent[]
  /** The version of the first event. 1, unless it was truncated. */
  first: StreamVersion
  /** `undefined`: it was not truncated. */
  truncation: Truncation | undefined
  readonly handled: Map<string, CommandRecord>
  /** The newest snapshot of each schema version. */
  readonly snapshots: Map<number, StoredSnapshot>
  /** `undefined`: it takes events. */
  closure: ClosedStream | undefined
  /** `undefined`: it is not in the archive. */
  archived: ArchivedStream | undefined
  /** The `sequence` of the entry in the audit, once it is in the archive. */
  archivedSequence: number
  /** Where its events are in a file. They are not here then. `undefined`: they are. */
  place: FilePlace | undefined
  /** Of its events, once it is in the archive: by their positions. */
  readonly archivedTags: Map<Position, ReadonlyArray<string>>
}

/** A range of an archive file that holds nothing that counts. */
export interface MemoryFileRange extends FileRange {
  /** What is to be written there. */
  readonly parts: RangeToWrite['parts']
  givenUp: boolean
}

/** Which store this is, for a checkpoint that is kept elsewhere. The operator may change it. */
export interface MemoryLineage {
  current: string
}

/** All that a memory store holds. */
export interface MemoryLog {
  readonly lineage: MemoryLineage
  /** The event at position n stands at n - 1. `undefined`: it was erased, or is in the archive. */
  readonly events: (StoredEvent | undefined)[]
  readonly streams: Map<StreamId, MemoryStream>
  readonly tags: TagIndex
  /** What was erased, by streams. */
  readonly erasures: Map<StreamId, Erasure>
  /** The keys of subjects, or that they were forgotten. */
  readonly subjectKeys: Map<string, WrappedSubjectKey | ForgottenSubject>
  /** Archive files: which store has begun them, and how many bytes of them were given out. */
  readonly files: Map<string, { readonly lineage: string; length: number }>
  /** Ranges of archive files that hold nothing that counts, by their numbers, which begin with 1. */
  readonly ranges: Map<number, MemoryFileRange>
  /** The highest number of a range. */
  lastRange: number
  /** The time of the last append, in milliseconds since 1970-01-01 UTC: the next one is never earlier, whatever the clock does. */
  recordedAt: number
}

export const emptyLog = (lineage: MemoryLineage, tags: TagIndex): MemoryLog => ({
  lineage,
  events: [],
  streams: new Map(),
  tags,
  erasures: new Map(),
  subjectKeys: new Map(),
  files: new Map(),
  ranges: new Map(),
  lastRange: 0,
  recordedAt: 0,
})

const emptyStream = (): MemoryStream => ({
  events: [],
  first: 1,
  truncation: undefined,
  handled: new Map(),
  snapshots: new Map(),
  closure: undefined,
  archived: undefined,
  archivedSequence: 0,
  place: undefined,
  archivedTags: new Map(),
})

/** The events of a stream, oldest first. */
export const eventsOf = ({ events, first }: MemoryStream): ReadonlyArray<StoredEvent> =>
  first === 1 ? events : events.slice(first - 1)

/** The stream, for reading: a missing one is not created. */
export const streamOf = (log: MemoryLog, id: StreamId): MemoryStream =>
  log.streams.get(id) ?? emptyStream()

/** The stream, for writing: a missing one is created. */
export const streamToWrite = (log: MemoryLog, id: StreamId): MemoryStream => {
  const known = log.streams.get(id)
  if (known !== undefined) return known
  const created = emptyStream()
  log.streams.set(id, created)
  return created
}
