import { Query, Tags } from '@dcb-es/event-store'
import { PostgresEventStore } from '@dcb-es/event-store-postgres'
import pg from 'pg'
import { EVENT_TYPE, initialState, nextData } from '../domain.mjs'
import { boundaryOf } from './boundary.mjs'

export default {
  migrate: async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    await new PostgresEventStore({ pool }).ensureInstalled()
    await pool.end()
  },

  /** Appends with two tags, on the condition that nothing else has come that has one of them. */
  open: async ({ url }) => {
    const pool = new pg.Pool({ connectionString: url, max: 10 })
    const store = new PostgresEventStore({ pool })
    const states = new Map()
    const positions = new Map()
    return {
      command: async (stream) => {
        const tags = boundaryOf(stream)
        const state = states.get(stream) ?? initialState
        const data = nextData(state)
        const after = positions.get(stream)
        const items = tags.map((tag) => ({ types: [EVENT_TYPE], tags: Tags.from([tag]) }))
        const position = await store.append({
          events: { type: EVENT_TYPE, tags: Tags.from(tags), data, metadata: {} },
          condition: {
            failIfEventsMatch: Query.fromItems(items),
            ...(after === undefined ? {} : { after }),
          },
        })
        positions.set(stream, position)
        states.set(stream, { deposits: data.number, balance: state.balance + data.amount })
      },
      close: () => pool.end(),
    }
  },
}
