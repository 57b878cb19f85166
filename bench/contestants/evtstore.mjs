import evtstore from 'evtstore'
import memory from 'evtstore/provider/memory.js'
import postgres from 'evtstore/provider/pg.js'
import pg from 'pg'
import { decide, EVENT_TYPE, evolve, initialState } from '../domain.mjs'
import { retrying } from './retrying.mjs'

const TABLES = { events: 'events', bookmarks: 'bookmarks' }
const PAGE = 1000

const account = evtstore.createAggregate({
  stream: 'account',
  create: () => initialState,
  fold: (event, state) => evolve(state, event),
})

/** With its cache switched on: it then reads only what is new. */
const accounts = (provider) => {
  const { domain, createHandler } = evtstore.createDomain({ provider, useCache: true }, { account })
  const commands = evtstore.createCommands(domain.account, {
    deposit: async ({ count }, state) =>
      decide(count, state).map((data) => ({ type: EVENT_TYPE, ...data })),
  })
  return { createHandler, command: (stream, count) => commands.deposit(stream, { count }) }
}

const isConflict = ({ code, message }) =>
  code === 'VERSION_CONFLICT' && message.includes('events_stream_aggregate_version_unique')

export default {
  migrate: async (url) => {
    const client = new pg.Pool({ connectionString: url, max: 1 })
    await postgres.migrate({ client, ...TABLES })
    await client.end()
  },

  open: async ({ url }) => {
    const client = new pg.Pool({ connectionString: url, max: 10 })
    const { createHandler, command } = accounts(
      postgres.createProvider({ client, limit: PAGE, ...TABLES }),
    )
    const { send, conflicts } = retrying(isConflict)
    return {
      command: (stream, count) => send(() => command(stream, count)),
      conflicts,
      // Without a stored bookmark: with one it writes it after every event.
      catchUp: async (_total, handle) => {
        const handler = createHandler(evtstore.MemoryBookmark, ['account'])
        handler.handle('account', EVENT_TYPE, async (_id, event) => handle(event))
        await handler.runOnce()
      },
      subscribe: async (handle) => {
        const handler = createHandler('live', ['account'], { tailStream: true })
        handler.handle('account', EVENT_TYPE, async (_id, event) => handle(event))
        handler.start()
        return handler.stop
      },
      close: () => client.end(),
    }
  },

  memory: async () => {
    const provider = memory.createProvider()
    const { command } = accounts(provider)
    return {
      command,
      stored: async () => (await provider.getEventsFrom('account', 0)).length,
    }
  },
}
