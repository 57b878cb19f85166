import {
  openCategory,
  type Projection,
  runProjection,
  type runSubscription,
  untilReached,
} from 'reprise'
import type {
  BoundaryStore,
  EventSource,
  EventStore,
  SeveralSources,
  Source,
  StreamStore,
} from 'reprise/adapter'
import { boundaryOf, openBoundary } from 'reprise/boundary'
import { counter, type CounterEvent } from '../support/counter'

type RunOptions = Parameters<ReturnType<typeof runSubscription>>[1]
declare const running: RunOptions
declare const projection: Projection<number, CounterEvent>

// Commands need streams and no source.
declare const commandsOnly: { readonly store: StreamStore }
export const counters = openCategory(counter, commandsOnly)

// @ts-expect-error -- a store without transactions has none of its caller's
export const inside = counters.inTransaction

// @ts-expect-error -- nor can it decide across streams
openBoundary(boundaryOf(counter), commandsOnly)

// @ts-expect-error -- and nothing can follow it
export const followed: EventSource = commandsOnly.store

// A store that is its own source is both.
declare const both: EventStore
export const store: StreamStore = both
export const source: EventSource = both

// A source whose checkpoints are not kept together with effects has no read models.
declare const outsideOnly: Omit<Source<unknown>, 'subscriptions'> & {
  readonly subscriptions: Omit<Source<unknown>['subscriptions'], 'commit'>
}
// @ts-expect-error -- no transaction of a checkpoint and its effects
runProjection(projection)(outsideOnly, running)

// Several sources: commands see one store, and no order of all events.
declare const shards: SeveralSources<unknown>
openCategory(counter, shards)
// @ts-expect-error -- a position belongs to a source
export const readAll = shards.store.readAll
// A position is waited for on one source, or with the name of its own.
untilReached('mails', 7, 100)(shards.sources[0])
untilReached('mails', { position: 7, source: 'shard-0' }, 100)(shards)
// @ts-expect-error -- a number says nothing about several sources
untilReached('mails', 7, 100)(shards)
// @ts-expect-error -- appends of several streams are an ability of their own
export const together: BoundaryStore = shards.store
