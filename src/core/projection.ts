import type { View } from './algebra/view'
import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { RecordedEvent } from './recorded-event'

/**
 * A read model: documents derived from events. The same declaration can be kept inline, kept
 * asynchronously, and rebuilt.
 */
export interface Projection<State, Event> {
  /** The name that readers use. No `@`. */
  readonly name: string
  /**
   * Raise it whenever `view`, `key` or `state` changes: a new build is then made beside the one that
   * readers see, and replaces it when it has caught up. An integer, 1 or more.
   */
  readonly version: number
  /** The events it is derived from: the types this codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /** The key of the document that an event changes. `undefined`: none. */
  readonly key: (event: RecordedEvent<Event>) => string | undefined
  /** How an event changes a document. Any view or decider. */
  readonly view: View<State, Event>
  /** How a document is stored. */
  readonly state: StateCodec<State>
  /** True: the document is deleted. Omitted: never. */
  readonly isGone?: (state: State) => boolean
}
