import pg from 'pg'
import { migrate, preload } from './table.mjs'

const PAGE = 1000

// Every column, `position` as the key; jsonb is parsed by pg, the time comes as a number.
const TEXT = `select stream_id, version, position::float8 as position, id, type, schema_version,
    extract(epoch from recorded_at)::float8 * 1000 as recorded_at, data, metadata
  from events where events.position > $1 order by events.position limit ${PAGE}`

export default {
  migrate,
  preload,

  open: async ({ url }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return {
      catchUp: async (total, handle) => {
        for (let [after, handled] = [0, 0]; handled < total;) {
          const { rows } = await client.query({ name: 'page', text: TEXT, values: [after] })
          for (const { data } of rows) handle(data)
          handled += rows.length
          after = rows[rows.length - 1].position
        }
      },
      close: () => client.end(),
    }
  },
}
