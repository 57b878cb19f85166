import { runProjection } from 'reprise'
import { memory } from 'reprise/memory'
import { postgres, tableReader } from 'reprise/postgres'
import { Pool } from 'pg'
import { type CountTables, counts, sums, type SumTables } from '../support/sums'

const { signal } = new AbortController()
const backend = postgres<SumTables>(new Pool())

export const running = runProjection(sums())(backend, { signal })
// @ts-expect-error -- a store in memory has no tables
export const inMemory = runProjection(sums())(memory(), { signal })

export const rows = tableReader(sums())(backend).read((db) =>
  db.selectFrom('steps').select(['position', 'by']).execute(),
)
export const noRows = tableReader(counts())(postgres<CountTables>(new Pool())).read((db) =>
  // @ts-expect-error -- there is no such table
  db.selectFrom('steps').selectAll().execute(),
)
