import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { connectPglite, connectPool, postgres } from 'reprise/postgres'
import { migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'

describe('destroy', () => {
  it('ends the pool, also when only the library has used it, and a second time does nothing', async () => {
    const database = await migratedDatabase()
    const pool = new Pool({ connectionString: database.url })
    const db = connectPool(pool)
    const backend = postgres(db)
    await right(backend.store.read('tick-1', { after: 0, limit: 1 }))
    await backend.close()
    await db.destroy()
    expect([pool.ended, pool.totalCount]).toEqual([true, 0])
    await db.destroy()
    await database.close()
  })

  it('ends a pool, and a PGlite, that was never used', async () => {
    const pool = new Pool({ connectionString: 'postgres://127.0.0.1:1/none' })
    await connectPool(pool).destroy()
    expect(pool.ended).toBe(true)
    const pglite = new PGlite()
    await connectPglite(pglite).destroy()
    expect(pglite.closed).toBe(true)
  }, 30_000)
})
