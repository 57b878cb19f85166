import pg from 'pg'
import { COLUMNS, migrate, preload, rows } from './table.mjs'

const TEXT = `insert into events (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)`

export default {
  migrate,
  preload,

  open: async ({ url }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const next = rows()
    return {
      command: (stream) => client.query({ name: 'insert', text: TEXT, values: next(stream) }),
      close: () => client.end(),
    }
  },
}
