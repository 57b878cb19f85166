import type { TaskEither } from 'fp-ts/TaskEither'
import type { ReadAllError } from '../errors/unions'
import type { StoredEvent } from '../recorded-event'
import type { Position } from '../stream'
import type { EventLocator } from './event-locator'

/** Which events of a source. */
export interface StoreRange {
  /** Only later positions. 0: from the start. */
  readonly after: Position
  /** Events at most in this page. 1 or more. */
  readonly limit: number
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /** Only these event types. Omitted: all. */
  readonly types?: ReadonlyArray<string>
  /** Only events with one of these tags. Omitted: all. */
  readonly tags?: ReadonlyArray<string>
  /** Only events with this correlation id in their metadata. Not empty. Omitted: all. */
  readonly correlationId?: string
  /** Only events recorded at this time or later. Milliseconds since 1970-01-01 UTC, 0 or more. Omitted: all. */
  readonly recordedFrom?: number
  /** Only events recorded before this time: milliseconds, not earlier than `recordedFrom`. Omitted: all. */
  readonly recordedBefore?: number
}

/** Some events of a source, in the order of their positions. */
export interface StorePage {
  readonly events: ReadonlyArray<StoredEvent>
  /**
   * Everything up to here has been seen: no event at or before it can appear any more, not even from writers
   * that are still at work. Continue after it. Never above `highest`, unless `after` was.
   */
  readonly upTo: Position
  /**
   * The highest position of all that could be seen, or one that was seen a moment ago; 0 for an empty store. A
   * reader that is beyond it has not read this store, or the store has lost events.
   */
  readonly highest: Position
  /**
   * Identifies this history of the store; a restore that changes what positions stand for gives another. A
   * position of one lineage means nothing in another.
   */
  readonly lineage: string
  /** Whether there is more to read right now. */
  readonly more: boolean
}

/**
 * Where followers read: events of many streams in one order, that of their positions. A position belongs to its source,
 * and means nothing in another one. All events of a stream are in the same source. A backend has one source or more;
 * every source passes `eventSourceContract` of `reprise/testing`.
 */
export interface EventSource extends Partial<EventLocator> {
  /**
   * A page of all its events, up to the safe horizon: no event is ever skipped. With a filter a page may hold fewer
   * events than its limit, or none, although there is more: continue after its `upTo`.
   *
   * Fails with
   * - `InvalidQuery`: a `limit` below 1, a correlation id that is empty or holds a NUL, a time that is none, or
   *   `recordedFrom` after `recordedBefore`.
   * - `StoreFailed`: the store rejected the query or did not answer; where that no event is skipped cannot be guaranteed
   *   with reason `ReadOnlyReplica`, `SequenceBehind`, `SchemaRenamed` or `WrongIsolation`; by tags with reason
   *   `TagsIncomplete` if the tags of a category are not complete, one of `categories` if there are any.
   */
  readonly readAll: (range: StoreRange) => TaskEither<ReadAllError, StorePage>
}
