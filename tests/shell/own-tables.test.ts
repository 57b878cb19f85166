import { connectPool, postgres } from 'reprise/postgres'
import { sql } from 'kysely'
import { eventually } from '../support/eventually'
import { pgliteReadSides } from '../support/pglite-read-side'
import { postgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { type CountTables, sums, type SumTables } from '../support/sums'
import { ownTablesSuite, type TwoReleases } from './own-tables.suite'

const inPostgres = async (): Promise<TwoReleases> => {
  const side = await postgresReadSide()
  const older = postgres(connectPool<SumTables>(side.pool, 'prepareAll'))
  const newer = postgres(connectPool<CountTables>(side.pool, 'prepareAll'))
  return {
    older,
    newer,
    close: async () => {
      await Promise.all([older.close(), newer.close()])
      await side.close()
    },
  }
}

describe('projections with tables of their own, in PostgreSQL', () => {
  ownTablesSuite(inPostgres)
})
