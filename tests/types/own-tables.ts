import * as t from 'io-ts'
import { runProjection } from 'reprise'
import { stateCodec } from 'reprise/codec'
import { memory } from 'reprise/memory'
import { postgres, tableReader } from 'reprise/postgres'
import { Pool } from 'pg'
import { type CountTables, counts, sums, type SumTables } from '../support/sums'
import { ticks } from '../support/ticks'

const { signal } = new AbortController()
const backend = postgres<SumTables>(new Pool())

export const running = runProjection(sums())(backend, { signal })
// @ts-expect-error -- a store in memory has no tables
export const inMemory = runProjection(sums())(memory(), { signal })

// The types of an event and of a document are known without annotations.
export const inline = runProjection({
  name: 'inline',
  version: 1,
  events: ticks,
  key: ({ streamId, event }) => (event.type === 'Ticked' ? streamId : undefined),
  view: {
    initialState: { sum: 0 },
    evolve: ({ sum }, event) => ({ sum: event.type === 'Ticked' ? sum + event.by : 0 }),
  },
  state: stateCodec(1, t.strict({ sum: t.number })),
})(backend, { signal })

export const rows = tableReader(sums())(backend).read((db) =>
  db.selectFrom('steps').select(['position', 'by']).execute(),
)
export const noRows = tableReader(counts())(postgres<CountTables>(new Pool())).read((db) =>
  // @ts-expect-error -- there is no such table
  db.selectFrom('steps').selectAll().execute(),
)
