import type { JsonObject } from './json'
import type { Metadata } from './metadata'
import type { Position, StreamId, StreamVersion } from './stream'

/** An event as its codec encoded it: what a store keeps. */
export interface EncodedEvent {
  readonly type: string
  /** The version of the codec that encoded `data`. 1 or more. */
  readonly schemaVersion: number
  readonly data: JsonObject
}

/** An event that is about to be appended. */
export interface NewEvent extends EncodedEvent {
  /** A UUID, unique in the whole store. */
  readonly id: string
  readonly metadata: Metadata
  /**
   * What else it concerns, beside its stream: see docs/explanation/boundaries.md. At most 32, sorted by code units, each
   * once and of 1 to 255 characters. Omitted: the writer does not say which
   * it has, and where they are enforced the store refuses it; an empty list: none. They are for finding events, and are not part of what is read.
   */
  readonly tags?: ReadonlyArray<string>
}

/** Where and when an event was recorded. */
export interface Recorded {
  readonly id: string
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  /** When it was recorded, by the store's clock. Milliseconds since 1970-01-01 UTC. */
  readonly recordedAt: number
  readonly metadata: Metadata
}

/** A recorded event as the store keeps it, not decoded yet. */
export interface StoredEvent extends EncodedEvent, Recorded {}

/** An event on its way into a store: where in its stream it will be, but not its position, nor when it is recorded. */
export type PendingEvent = Omit<StoredEvent, 'position' | 'recordedAt'>

/** A recorded event, decoded. */
export interface RecordedEvent<Event> extends Recorded {
  readonly event: Event
}

/** An event on its way into a store, decoded. */
export type DecodedPendingEvent<Event> = Omit<RecordedEvent<Event>, 'position' | 'recordedAt'>

/** Some events of one stream, decoded. */
export interface EventsPage<Event> {
  readonly events: ReadonlyArray<RecordedEvent<Event>>
  /** Whether there are more within the range. */
  readonly more: boolean
}
