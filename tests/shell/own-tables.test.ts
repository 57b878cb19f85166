import { rebuildProjection, runProjection } from 'reprise'
import { memory } from 'reprise/memory'
import { connectPool, postgres, type PostgresBackend, tableReader } from 'reprise/postgres'
import { postgresReadSide } from '../support/postgres-read-side'
import { left } from '../support/right'
import { type CountTables, sums, type SumTables } from '../support/sums'
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

describe('a projection with tables, on a backend without', () => {
  it('says so', async () => {
    const { signal } = new AbortController()
    // The types do not allow it.
    const backend = memory() as unknown as PostgresBackend<SumTables>
    const refused = { _tag: 'StoreFailed', message: expect.stringContaining('has no tables') }
    expect(await left(runProjection(sums())(backend, { signal }))).toMatchObject(refused)
    expect(await left(rebuildProjection(sums())(backend))).toMatchObject(refused)
    const read = tableReader(sums())(backend).read(async () => 1)
    expect(await left(read)).toMatchObject(refused)
  })
})

describe('projections with tables of their own, in PostgreSQL', () => {
  ownTablesSuite(inPostgres)
})
