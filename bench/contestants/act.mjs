import { clearInterval, setInterval } from 'node:timers'
import { act, state, store } from '@rotorsoft/act'
import { PostgresStore } from '@rotorsoft/act-pg'
import { z } from 'zod/v4'
import { decide, EVENT_TYPE, evolve, initialState } from '../domain.mjs'
import { retrying } from './retrying.mjs'

const POLL_MS = 250
const PAGE = 1000
const actor = { id: 'bench', name: 'bench' }

const Deposited = z.object({
  number: z.number(),
  amount: z.number(),
  currency: z.string(),
  teller: z.string(),
  branch: z.string(),
  note: z.string(),
})

const account = state('Account', z.object({ deposits: z.number(), balance: z.number() }))
  .init(() => initialState)
  .emits({ [EVENT_TYPE]: Deposited })
  .patch({ [EVENT_TYPE]: ({ data }, current) => evolve(current, data) })
  .on('Deposit', z.object({ count: z.number() }))
  .emit(({ count }, current) => decide(count, current).map((data) => [EVENT_TYPE, data]))
  .build()

const postgresStore = (url) => {
  const { hostname, port, pathname, username, password } = new URL(url)
  return new PostgresStore({
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: username,
    password,
    max: 10,
  })
}

const isConflict = ({ name, code }) => name === 'ERR_CONCURRENCY' || code === '23505'

/** In one process a commit sets off the next drain; across processes only polling is offered. */
const subscribe = (across) => async (handle) => {
  const subscriber = act()
    .with(account)
    .on(EVENT_TYPE)
    .do(async function live({ data }) {
      handle(data)
    })
    .to('live')
    .build(PAGE)
  const drain = () => void subscriber.drain().catch(() => undefined)
  const timer = setInterval(drain, POLL_MS)
  if (!across) committed.add(drain)
  return async () => {
    clearInterval(timer)
    committed.clear()
  }
}

const committed = new Set()

const catchUp = (app) => async (total, handle) => {
  for (let [after, handled] = [-1, 0]; handled < total;) {
    const { last, count } = await app.query({ after, limit: PAGE }, ({ data }) => handle(data))
    if (count === 0) return
    handled += count
    after = last.id
  }
}

export default {
  migrate: async (url) => {
    const seeding = postgresStore(url)
    await seeding.seed()
    await seeding.dispose()
  },

  open: async ({ url, across }) => {
    const adapter = store(postgresStore(url))
    const app = act().with(account).build()
    app.on('committed', () => committed.forEach((drain) => drain()))
    const { send, conflicts } = retrying(isConflict)
    return {
      command: (stream, count) => send(() => app.do('Deposit', { stream, actor }, { count })),
      conflicts,
      catchUp: catchUp(app),
      subscribe: subscribe(across),
      close: () => adapter.dispose(),
    }
  },
}
