import { EventStore, EventType } from '@castore/core'
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory'
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres'
import { decide, EVENT_TYPE, evolve, initialState } from '../domain.mjs'
import { retrying } from './retrying.mjs'

const eventStore = (eventStorageAdapter) =>
  new EventStore({
    eventStoreId: 'account',
    eventTypes: [new EventType({ type: EVENT_TYPE })],
    reducer: (aggregate, { aggregateId, version, payload }) => ({
      ...evolve(aggregate ?? initialState, payload),
      aggregateId,
      version,
    }),
    eventStorageAdapter,
  })

const deposit = async (store, aggregateId, count) => {
  const { aggregate } = await store.getAggregate(aggregateId)
  const events = decide(count, aggregate ?? initialState).map((payload, index) => ({
    aggregateId,
    version: (aggregate?.version ?? 0) + index + 1,
    type: EVENT_TYPE,
    payload,
  }))
  if (events.length === 1) return store.pushEvent(events[0], { prevAggregate: aggregate })
  const grouped = events.map((event) => store.groupEvent(event))
  return EventStore.pushEventGroup(...grouped)
}

const isConflict = ({ code }) => code === 'EventAlreadyExistsError'

export default {
  migrate: async (connectionString) => {
    await PostgresEventStorageAdapter.createEventTable({
      connectionString,
      aggregateId: { type: 'VARCHAR', length: 64 },
    })
  },

  open: async ({ url }) => {
    const store = eventStore(new PostgresEventStorageAdapter({ connectionString: url }))
    const { send, conflicts } = retrying(isConflict)
    return {
      command: (stream, count) => send(() => deposit(store, stream, count)),
      conflicts,
      close: async () => undefined, // the adapter keeps its connections to itself
    }
  },

  memory: async () => {
    const store = eventStore(new InMemoryEventStorageAdapter())
    const size = async (stream) => (await store.getEvents(stream)).events.length
    return {
      command: (stream, count) => deposit(store, stream, count),
      stored: async (streams) =>
        (await Promise.all(streams.map(size))).reduce((sum, one) => sum + one, 0),
    }
  },
}
