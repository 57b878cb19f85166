import type { JsonObject } from './json'
import type { Metadata } from './metadata'
import type { Position, StreamId, StreamVersion } from './stream'

/** An event as its codec wrote it: what a store keeps. */
export interface EncodedEvent {
  readonly type: string
  /** The version of the codec that wrote `data`. 1 or more. */
  readonly schemaVersion: number
  readonly data: JsonObject
}

/** An event on its way into a store. */
export interface NewEvent extends EncodedEvent {
  /** A UUID, unique in the store's whole life. */
  readonly id: string
  readonly metadata: Metadata
}

/** Where and when an event was recorded. */
export interface Recorded {
  readonly id: string
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  /** When the store recorded it, by the store's own clock. Milliseconds since 1970-01-01 UTC. */
  readonly recordedAt: number
  readonly metadata: Metadata
}

/** A recorded event as it lies in the store, not decoded yet. */
export interface StoredEvent extends EncodedEvent, Recorded {}

/** A recorded event, decoded. */
export interface RecordedEvent<Event> extends Recorded {
  readonly event: Event
}
