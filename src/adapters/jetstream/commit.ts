import type { CommandMark } from '../../core/append'
import { canonicalJson } from '../../core/canonical-json'
import { isRecord, type Json, type JsonObject } from '../../core/json'
import type { CommandRecord } from '../../core/ports/event-store'
import type { NewEvent, StoredEvent } from '../../core/recorded-event'
import type { Position, StreamId, StreamVersion } from '../../core/stream'

/** How many positions one message has: the events of an append are numbered within it. 2^14. */
export const POSITIONS_PER_MESSAGE = 16_384

/** The position of an event: `index` counts from 0 within the message at `sequence`, which is 1 or more. */
export const positionOf = (sequence: number, index: number): Position =>
  sequence * POSITIONS_PER_MESSAGE + index

/** The sequence of the message that holds the event at a position; a position before all of them gives 0. */
export const sequenceOf = (position: Position): number =>
  position <= 0 ? 0 : Math.floor(position / POSITIONS_PER_MESSAGE)

/** An event within a commit, and its tags, which are not part of what is read. */
export interface CommittedEvent extends Omit<NewEvent, 'tags'> {
  readonly tags: ReadonlyArray<string> | undefined
}

/** One append: what one message holds. */
export interface Commit {
  /** Identifies the append that has written it. */
  readonly own: string
  /** The version of the stream before it. */
  readonly after: StreamVersion
  /** When it was recorded. Milliseconds since 1970-01-01 UTC. */
  readonly at: number
  readonly events: ReadonlyArray<CommittedEvent>
}

/** The events of an append as JSON, in the order of keys in which every store gives them. */
export const encodeEvents = (events: ReadonlyArray<NewEvent>): string =>
  JSON.stringify(
    events.map(({ id, type, schemaVersion, data, metadata, tags }) => ({
      id,
      type,
      schema: schemaVersion,
      data: canonicalJson(data),
      metadata: canonicalJson(metadata),
      tags,
    })),
  )

/** What the message of a commit holds. The events as {@link encodeEvents} gives them. */
export const encodeCommit = (
  { own, after, at }: Omit<Commit, 'events'>,
  events: string,
  commandIds: ReadonlyArray<string>,
): string => {
  const marks = commandIds.length === 0 ? '' : `,"marks":${JSON.stringify(commandIds)}`
  return `{"own":"${own}","after":${after},"at":${at}${marks},"events":${events}}`
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isCount = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const isObject = (value: unknown): value is JsonObject => isRecord(value)

const isTags = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((tag) => typeof tag === 'string')

const decodeEvent = (value: unknown): CommittedEvent | undefined => {
  if (!isObject(value)) return undefined
  const { id, type, schema, data, metadata, tags } = value
  return typeof id === 'string' &&
    typeof type === 'string' &&
    isCount(schema) &&
    isObject(data) &&
    isObject(metadata) &&
    (tags === undefined || isTags(tags))
    ? { id, type, schemaVersion: schema, data, metadata, tags }
    : undefined
}

/** The commit in a message, or `undefined` for what {@link encodeCommit} does not give. */
export const decodeCommit = (text: string): Commit | undefined => {
  const value = parsed(text)
  if (!isObject(value)) return undefined
  const { own, after, at, events } = value
  if (typeof own !== 'string' || !isCount(after) || !isCount(at) || !Array.isArray(events)) {
    return undefined
  }
  const decoded: CommittedEvent[] = []
  for (const event of events) {
    const known = decodeEvent(event)
    if (known === undefined) return undefined
    decoded.push(known)
  }
  return { own, after, at, events: decoded }
}

/** An event of a commit as a read gives it. */
export const storedEvent = (
  streamId: StreamId,
  sequence: number,
  { after, at, events }: Commit,
  index: number,
): StoredEvent | undefined => {
  const event = events[index]
  if (event === undefined) return undefined
  const { id, type, schemaVersion, data, metadata } = event
  return {
    id,
    type,
    schemaVersion,
    data,
    metadata,
    streamId,
    version: after + index + 1,
    position: positionOf(sequence, index),
    recordedAt: at,
  }
}

/** What the message of a command's mark holds. */
export const encodeMark = (
  own: string,
  version: StreamVersion,
  { skip, eventCount, fingerprint }: CommandMark,
): string => JSON.stringify({ own, after: version + skip, eventCount, fingerprint })

/** What a mark holds, or `undefined` for what {@link encodeMark} does not give. */
export const decodeMark = (
  text: string,
): { readonly own: string; readonly record: CommandRecord } | undefined => {
  const value = parsed(text)
  if (!isObject(value)) return undefined
  const { own, after, eventCount, fingerprint } = value
  if (typeof own !== 'string' || !isCount(after) || !isCount(eventCount)) return undefined
  const record = { after, eventCount }
  return { own, record: typeof fingerprint === 'string' ? { ...record, fingerprint } : record }
}

/** A snapshot as it is stored: `sequence` is that of the stream's commit at its version, 0 if it is not known. */
export interface SnapshotRecord {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly schemaVersion: number
  readonly sequence: number
  readonly state: Json
}

export const encodeSnapshot = (snapshot: SnapshotRecord): string => JSON.stringify(snapshot)

/** The snapshot in a message, or `undefined`: then the stream is replayed. */
export const decodeSnapshot = (text: string): SnapshotRecord | undefined => {
  const value = parsed(text)
  if (!isObject(value)) return undefined
  const { streamId, version, schemaVersion, sequence, state } = value
  return typeof streamId === 'string' &&
    isCount(version) &&
    isCount(schemaVersion) &&
    isCount(sequence) &&
    state !== undefined
    ? { streamId, version, schemaVersion, sequence, state }
    : undefined
}
