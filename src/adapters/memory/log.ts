import type { Closure } from '../../core/operator/closing'
import type { Erasure } from '../../core/operator/erasure'
import type { ForgottenSubject } from '../../core/operator/forgetting'
import type { WrappedSubjectKey } from '../../core/ports/subject-keys'
import type { CommandRecord, StoredSnapshot } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import type { TagIndex } from './tag-index'

/** One stream. */
export interface MemoryStream {
  /** The event of version n stands at n - 1. */
  readonly events: StoredEvent[]
  readonly handled: Map<string, CommandRecord>
  /** The newest snapshot of each schema version. */
  readonly snapshots: Map<number, StoredSnapshot>
  /** `undefined`: it takes events. */
  closure: Closure | undefined
}

/** Which store this is, for a checkpoint that is kept elsewhere. The operator may change it. */
export interface MemoryLineage {
  current: string
}

/** All that a memory store holds. */
export interface MemoryLog {
  readonly lineage: MemoryLineage
  /** The event at position n stands at n - 1. `undefined`: it was erased. */
  readonly events: (StoredEvent | undefined)[]
  readonly streams: Map<StreamId, MemoryStream>
  readonly tags: TagIndex
  /** What was erased, by streams. */
  readonly erasures: Map<StreamId, Erasure>
  /** The keys of subjects, or that they were forgotten. */
  readonly subjectKeys: Map<string, WrappedSubjectKey | ForgottenSubject>
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
  recordedAt: 0,
})

const emptyStream = (): MemoryStream => ({
  events: [],
  handled: new Map(),
  snapshots: new Map(),
  closure: undefined,
})

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
