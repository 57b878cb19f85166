import type { View } from './algebra/view'
import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { DocumentIndexes } from './document-index'
import type { BuildTables, TableHandling } from './ports/own-tables'
import type { RecordedEvent } from './recorded-event'

/**
 * A read model: documents derived from events. The same declaration can be kept inline, kept
 * asynchronously, and rebuilt.
 */
export interface Projection<State, Event> {
  /** The name that readers use. No `@`. */
  readonly name: string
  /**
   * Raise it whenever `view`, `key`, `state` or `indexes` changes: a new build is then made beside the one that
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
  /**
   * Lists that it can be read in, sorted and filtered by fields of the stored document (what `state` encodes):
   * `{ byCustomer: ['customerId', 'amount'] }`. Each costs a row for every document.
   */
  readonly indexes?: DocumentIndexes
}

/**
 * A read model of which an event may change several documents: the accounts on both sides of a transfer, say. Treated
 * as any other projection.
 */
export interface ProjectionByKeys<State, Event> extends Omit<
  Projection<State, Event>,
  'key' | 'view'
> {
  /** The keys of all documents that an event changes, in any order. Empty: none. */
  readonly keys: (event: RecordedEvent<Event>) => ReadonlyArray<string>
  /** How an event changes one of them, by its key. The same for all: `() => view`. */
  readonly view: (key: string) => View<State, Event>
}

/** A read model in documents. */
export type DocumentProjection<State, Event> =
  Projection<State, Event> | ProjectionByKeys<State, Event>

/** The keys of the documents that an event changes, each once. */
export const documentKeysOf = <State, Event>(
  projection: DocumentProjection<State, Event>,
  event: RecordedEvent<Event>,
): ReadonlyArray<string> => {
  if ('keys' in projection) return [...new Set(projection.keys(event))]
  const key = projection.key(event)
  return key === undefined ? [] : [key]
}

/** How an event changes the document of `key`. */
export const viewOf = <State, Event>(
  projection: DocumentProjection<State, Event>,
  key: string,
): View<State, Event> => ('keys' in projection ? projection.view(key) : projection.view)

/** A read model in tables of the application's own. `tableProjection` of `reprise/postgres` makes one. */
export interface TableProjection<Event, Transaction> {
  readonly _tag: 'TableProjection'
  readonly name: string
  /** See {@link Projection.version}. An integer, 1 or more. */
  readonly version: number
  readonly events: EventCodec<Event>
  readonly categories?: ReadonlyArray<string>
  readonly tables: BuildTables<Transaction>
  readonly handling: TableHandling<Event, Transaction>
}

/** Whatever is kept up to date in builds: documents, or tables. */
export type BuiltProjection<State, Event, Transaction> =
  DocumentProjection<State, Event> | TableProjection<Event, Transaction>

/** Whether a projection is kept in tables of its own. */
export const isTableProjection = <State, Event, Transaction>(
  projection: BuiltProjection<State, Event, Transaction>,
): projection is TableProjection<Event, Transaction> => '_tag' in projection
