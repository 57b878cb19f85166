import { setImmediate } from 'node:timers'
import {
  CommandHandler,
  getInMemoryEventStore,
  isExpectedVersionConflictError,
} from '@event-driven-io/emmett'
import {
  getPostgreSQLEventStore,
  postgreSQLRawSQLProjection,
} from '@event-driven-io/emmett-postgresql'
import { rawSql } from '@event-driven-io/dumbo'
import { decide, EVENT_TYPE, evolve, initialState } from '../domain.mjs'
import { retrying } from './retrying.mjs'

const handle = CommandHandler({
  evolve: (state, { data }) => evolve(state, data),
  initialState: () => initialState,
})

// Retried by the caller, at once: Emmett's own retry waits 100 ms first, and costs time without a conflict.
const deposit = (store, stream, count) =>
  handle(store, `account-${stream}`, (state) =>
    decide(count, state).map((data) => ({ type: EVENT_TYPE, data })),
  )

const balances = postgreSQLRawSQLProjection({
  name: 'balances',
  canHandle: [EVENT_TYPE],
  init: () =>
    rawSql('create table if not exists balances (id text primary key, balance bigint not null)'),
  evolve: ({ data, metadata }) =>
    rawSql(
      `insert into balances values ('${metadata.streamName}', ${data.amount})
       on conflict (id) do update set balance = balances.balance + excluded.balance`,
    ),
})

const projections = [{ type: 'inline', projection: balances }]

const consume = (store, id, startFrom, handleData) => {
  const consumer = store.consumer()
  consumer.reactor({
    processorId: id,
    startFrom,
    eachMessage: ({ data }) => {
      handleData(data)
    },
  })
  const running = consumer.start()
  return async () => {
    await consumer.close()
    await running.catch(() => undefined)
  }
}

const catchUp = (store) => async (total, handleData) => {
  let handled = 0
  await new Promise((resolve) => {
    const stop = consume(store, 'catch-up', 'BEGINNING', (data) => {
      handleData(data)
      if (++handled === total) setImmediate(() => resolve(stop()))
    })
  })
}

export default {
  migrate: async (url) => {
    const store = getPostgreSQLEventStore(url, { projections })
    await store.schema.migrate()
    await store.close()
  },

  open: async ({ url, inline }) => {
    const store = getPostgreSQLEventStore(url, {
      schema: { autoMigration: 'None' },
      ...(inline ? { projections } : {}),
    })
    const { send, conflicts } = retrying(isExpectedVersionConflictError)
    return {
      command: (stream, count) => send(() => deposit(store, stream, count)),
      conflicts,
      catchUp: catchUp(store),
      subscribe: async (handleData) => consume(store, `live-${process.pid}`, 'END', handleData),
      close: () => store.close(),
    }
  },

  memory: async () => {
    const store = getInMemoryEventStore()
    const size = async (stream) =>
      Number((await store.readStream(`account-${stream}`)).currentStreamVersion)
    return {
      command: (stream, count) => deposit(store, stream, count),
      stored: async (streams) =>
        (await Promise.all(streams.map(size))).reduce((sum, one) => sum + one, 0),
    }
  },
}
