import {
  openCategory,
  type Projection,
  type runProcessManager,
  runProjection,
  runSubscription,
  runSubscriptionInTransaction,
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
import type { KvFollowedJetStream, KvTransaction } from 'reprise/jetstream'
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

// Subscriptions in key/value buckets: effects are outside, or values of the bucket.
declare const buckets: KvFollowedJetStream
interface Tables {
  readonly tables: true
}
declare const intoTables: Parameters<typeof runSubscriptionInTransaction<CounterEvent, Tables>>[0]
declare const runManager: ReturnType<typeof runProcessManager>
declare const mails: Parameters<typeof runSubscription<CounterEvent>>[0]
runSubscription(mails)(buckets, running)
runSubscriptionInTransaction({
  name: 'numbers',
  events: counter.events,
  handle: ({ streamId, version }, transaction: KvTransaction) => transaction.put(streamId, version),
})(buckets, running)
// @ts-expect-error -- no transaction of PostgreSQL
runSubscriptionInTransaction(intoTables)(buckets, running)
// @ts-expect-error -- no read models
runProjection(projection)(buckets, running)
// @ts-expect-error -- no outbox
runManager(buckets, running)
// @ts-expect-error -- nothing is erased there
export const erase = buckets.sources[0].operator.erase
