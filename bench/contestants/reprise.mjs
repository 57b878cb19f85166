import { setTimeout as wait } from 'node:timers/promises'
import E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { CompiledQuery } from 'kysely'
import pg from 'pg'
import { commands, events, fromEnd, openCategory, runSubscription } from '../../dist/index.js'
import { memory } from '../../dist/memory.js'
import { connectPool, inlineStatements, postgres } from '../../dist/postgres.js'
import { decide, EVENT_TYPE, evolve, initialState } from '../domain.mjs'
import { preloadSql } from './limits/table.mjs'
import { preloadTags, ways } from './reprise-boundaries.mjs'

const PAGE = 1000

const account = {
  name: 'account',
  decider: {
    initialState,
    decide: ({ count }, state) =>
      E.right(decide(count, state).map((data) => ({ type: EVENT_TYPE, ...data }))),
    evolve,
  },
  commands: commands({ Deposit: { count: t.number } }),
  events: events({
    [EVENT_TYPE]: {
      number: t.number,
      amount: t.number,
      currency: t.string,
      teller: t.string,
      branch: t.string,
      note: t.string,
    },
  }),
}

const must = (result) => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

/** A command that is sent again when its attempts are used up; how often the library retried by itself. */
const session = (backend) => {
  let conflicts = 0
  const onNotice = ({ _tag }) => (conflicts += _tag === 'DecidedAgain' ? 1 : 0)
  const accounts = openCategory(account, backend, { onNotice })
  const command = async (stream, count) => {
    for (;;) {
      const result = await accounts.handleCommand(stream, { type: 'Deposit', count })()
      if (E.isRight(result)) return
      if (result.left._tag !== 'VersionConflict') must(result)
      await wait(1)
    }
  }
  return { command, conflicts: () => conflicts }
}

const NOTHING = async () => E.right(undefined)

/** A durable subscription with checkpoints: handed the data of every event until it is stopped. */
const follow = (backend, options, handleData) => {
  const controller = new AbortController()
  const running = runSubscription({
    ...options,
    events: account.events,
    handle: ({ event }) => {
      handleData(event)
      return NOTHING
    },
  })(backend, { signal: controller.signal })()
  return async () => {
    controller.abort()
    must(await running)
  }
}

let catchUps = 0

const catchUp = (backend) => async (total, handleData) => {
  let handled = 0
  const name = `catch-up ${process.pid} ${catchUps++}`
  await new Promise((resolve) => {
    const stop = follow(backend, { name, batchSize: PAGE }, (data) => {
      handleData(data)
      if (++handled === total) setImmediate(() => resolve(stop()))
    })
  })
}

const POLLING_MS = 250

const live = (backend) => async (handleData) => {
  const options = { name: `live ${process.pid}`, from: fromEnd }
  const pauses = { minPollInterval: POLLING_MS, maxPollInterval: POLLING_MS }
  return follow(backend, { ...options, ...pauses }, handleData)
}

const BALANCE = `insert into balances (id, balance) values ($1, $2)
  on conflict (id) do update set balance = balances.balance + excluded.balance`

/** With code that runs in the transaction, and with statements that the events alone determine. */
const balances = {
  code: {
    name: 'balances',
    project: (events, transaction) => async () => {
      for (const { streamId, data } of events) {
        await transaction.executeQuery(CompiledQuery.raw(BALANCE, [streamId, data.amount]))
      }
      return E.right(undefined)
    },
  },
  statements: inlineStatements({
    name: 'balances',
    events: account.events,
    statements: ({ streamId, event }) => [CompiledQuery.raw(BALANCE, [streamId, event.amount])],
  }),
}

export default {
  migrate: async (url) => {
    const db = connectPool(new pg.Pool({ connectionString: url, max: 1 }))
    must(await postgres(db).migrate())
    await db.executeQuery(
      CompiledQuery.raw('create table balances (id text primary key, balance bigint not null)'),
    )
    await db.destroy()
  },

  open: async ({ url, inline, across, cell = {} }) => {
    const pool = new pg.Pool({ connectionString: url, max: 10 })
    const db = connectPool(pool, inline ? 'prepareAll' : 'prepared')
    // Other processes are notified only where a cell has subscribers in one: the peers notify none.
    const wakeUps = across === true ? {} : { wakeUps: 'poll' }
    const backend = postgres(db, { ...wakeUps, ...(inline ? { inline: [balances[inline]] } : {}) })
    const own = cell.way === undefined ? session(backend) : ways[cell.way](backend, cell)
    return {
      ...own,
      catchUp: catchUp(backend),
      subscribe: live(backend),
      close: async () => {
        await own.close?.()
        await backend.close()
        await db.destroy()
      },
    }
  },

  memory: async () => {
    const backend = memory()
    const { store } = backend
    const length = async (stream) =>
      must(await store.read(`account-${stream}`, { after: 0, limit: PAGE })()).events.length
    return {
      ...session(backend),
      stored: async (streams) =>
        (await Promise.all(streams.map(length))).reduce((sum, one) => sum + one, 0),
    }
  },

  preload: async (client, count, { workload }) => {
    await client.query(preloadSql('reprise.events', count))
    if (workload === 'reads') {
      await client.query(preloadTags)
      await client.query('vacuum analyze reprise.event_tags')
    }
    await client.query('vacuum analyze reprise.events')
  },
}
