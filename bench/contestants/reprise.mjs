import { setTimeout as wait } from 'node:timers/promises'
import E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { CompiledQuery } from 'kysely'
import pg from 'pg'
import { commandCodec, eventCodec, eventType, openCategory } from '../../dist/index.js'
import { memoryStore } from '../../dist/memory.js'
import { connectPool, migrate, postgresStore } from '../../dist/postgres.js'
import { decide, EVENT_TYPE, evolve, initialState } from '../domain.mjs'
import { preloadSql } from './limits/table.mjs'

const PAGE = 1000

const Deposit = t.strict({ type: t.literal('Deposit'), count: t.number })

const MoneyDeposited = t.strict({
  type: t.literal(EVENT_TYPE),
  number: t.number,
  amount: t.number,
  currency: t.string,
  teller: t.string,
  branch: t.string,
  note: t.string,
})

const account = {
  name: 'account',
  decider: {
    initialState,
    decide: ({ count }, state) =>
      E.right(decide(count, state).map((data) => ({ type: EVENT_TYPE, ...data }))),
    evolve,
  },
  commands: commandCodec({ Deposit }),
  events: eventCodec({ [EVENT_TYPE]: eventType(MoneyDeposited) }),
}

const must = (result) => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

/** A command that is sent again when its attempts are used up; how often the library retried by itself. */
const session = (store) => {
  let conflicts = 0
  const observe = ({ _tag }) => (conflicts += _tag === 'DecidedAgain' ? 1 : 0)
  const accounts = openCategory(account, { store, observe })
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

const catchUp = (store) => async (total, handle) => {
  for (let [after, handled] = [0, 0]; handled < total;) {
    const { events, upTo } = must(await store.readAll({ after, limit: PAGE })())
    for (const event of events) handle(must(account.events.decode(event)))
    handled += events.length
    after = events.at(-1)?.position ?? upTo
  }
}

const BALANCE = `insert into balances (id, balance) values ($1, $2)
  on conflict (id) do update set balance = balances.balance + excluded.balance`

const balances = {
  name: 'balances',
  project: (events, transaction) => async () => {
    for (const { streamId, data } of events) {
      await transaction.executeQuery(CompiledQuery.raw(BALANCE, [streamId, data.amount]))
    }
    return E.right(undefined)
  },
}

export default {
  migrate: async (url) => {
    const db = connectPool(new pg.Pool({ connectionString: url, max: 1 }))
    must(await migrate(db)())
    await db.executeQuery(
      CompiledQuery.raw('create table balances (id text primary key, balance bigint not null)'),
    )
    await db.destroy()
  },

  open: async ({ url, inline }) => {
    const db = connectPool(new pg.Pool({ connectionString: url, max: 10 }))
    const store = postgresStore(db, inline ? { projections: [balances] } : {})
    return { ...session(store), catchUp: catchUp(store), close: () => db.destroy() }
  },

  memory: async () => {
    const store = memoryStore()
    const length = async (stream) =>
      must(await store.read(`account-${stream}`, { after: 0, limit: PAGE })()).events.length
    return {
      ...session(store),
      stored: async (streams) =>
        (await Promise.all(streams.map(length))).reduce((sum, one) => sum + one, 0),
    }
  },

  preload: async (client, count) => {
    await client.query(preloadSql('reprise.events', count))
    await client.query('vacuum analyze reprise.events')
  },
}
