import { randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { postgres } from 'reprise/postgres'
import { right } from '../support/right'
import type { CountTables, SumTables } from '../support/sums'
import { ownTablesSuite } from './own-tables.suite'

describe('projections with tables of their own, in PGlite', () => {
  // It starts slowly: each opening gets a schema of its own.
  const pglite = new PGlite()
  afterAll(() => pglite.close())
  ownTablesSuite(async () => {
    const schema = `test_${randomUUID().replaceAll('-', '')}`
    const older = postgres<SumTables>(pglite, { schema })
    const newer = postgres<CountTables>(pglite, { schema })
    await right(older.migrate)
    return {
      older,
      newer,
      schema,
      close: async () => {
        await Promise.all([older.close(), newer.close()])
      },
    }
  })
})
