import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { Evolver } from './decider'
import type { RecordedEvent } from './recorded-event'

/**
 * A read model: documents that follow from events. The same one can be kept inline, asynchronously, and
 * be rebuilt.
 */
export interface Projection<State, Event> {
  /** What readers call it. Without `@`. */
  readonly name: string
  /**
   * Raise it whenever `view`, `key` or `state` changes: the next build is made beside the one that
   * readers see, and takes its place when it has caught up. An integer, 1 or more.
   */
  readonly version: number
  /** What it is made from: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Left out: all. */
  readonly categories?: ReadonlyArray<string>
  /** Which document an event belongs to. `undefined`: none. */
  readonly key: (event: RecordedEvent<Event>) => string | undefined
  /** How a document changes. Any view or decider will do. */
  readonly view: Evolver<State, Event>
  /** How a document is written. */
  readonly state: StateCodec<State>
  /** When it is so, the document is deleted. */
  readonly isGone?: (state: State) => boolean
}
