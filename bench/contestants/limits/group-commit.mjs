import { setImmediate as turn } from 'node:timers/promises'
import pg from 'pg'
import { COLUMNS, migrate, rows } from './table.mjs'

// One statement for any number of rows: a column is one array parameter.
const TEXT = `insert into events (${COLUMNS})
  select * from unnest($1::text[], $2::int[], $3::uuid[], $4::text[], $5::smallint[], $6::jsonb[], $7::jsonb[])`

const IN_FLIGHT = Number(process.env.BENCH_IN_FLIGHT ?? 1)

export default {
  migrate,

  open: async ({ url }) => {
    const idle = await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        return client
      }),
    )
    const clients = [...idle]
    const next = rows()
    let waiting = []

    const flush = async () => {
      while (waiting.length > 0 && idle.length > 0) {
        const client = idle.pop()
        const group = waiting
        waiting = []
        const values = Array.from({ length: 7 }, (_, column) => group.map(({ row }) => row[column]))
        try {
          await client.query({ name: 'group', text: TEXT, values })
          for (const { resolve } of group) resolve()
        } catch (error) {
          for (const { reject } of group) reject(error)
        }
        idle.push(client)
        await turn() // those who were answered may ask again before the next statement leaves
      }
    }

    return {
      command: (stream) =>
        new Promise((resolve, reject) => {
          waiting.push({ row: next(stream), resolve, reject })
          if (waiting.length === 1) void turn().then(flush)
        }),
      close: () => Promise.all(clients.map((client) => client.end())),
    }
  },
}
