import pg from 'pg'
import { COLUMNS, migrate, rows } from './table.mjs'

const EVENT = `insert into events (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)`
const BALANCE = `insert into balances (id, balance) values ($1, $2)
  on conflict (id) do update set balance = balances.balance + excluded.balance`

export default {
  migrate,

  open: async ({ url }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const next = rows()
    return {
      command: async (stream) => {
        const row = next(stream)
        await client.query('begin')
        await client.query({ name: 'event', text: EVENT, values: row })
        await client.query({ name: 'balance', text: BALANCE, values: [row[0], 25] })
        await client.query('commit')
      },
      close: () => client.end(),
    }
  },
}
