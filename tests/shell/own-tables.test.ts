import { connectPool, postgres } from 'reprise/postgres'
import { postgresReadSide } from '../support/postgres-read-side'
import type { CountTables, SumTables } from '../support/sums'
import { ownTablesSuite, type TwoReleases } from './own-tables.suite'

const inPostgres = async (): Promise<TwoReleases> => {
  const side = await postgresReadSide()
  const older = postgres(connectPool<SumTables>(side.pool, 'prepareAll'))
  const newer = postgres(connectPool<CountTables>(side.pool, 'prepareAll'))
  return {
    older,
    newer,
    schema: 'reprise',
    close: async () => {
      await Promise.all([older.close(), newer.close()])
      await side.close()
    },
  }
}

describe('projections with tables of their own, in PostgreSQL', () => {
  ownTablesSuite(inPostgres)
})
