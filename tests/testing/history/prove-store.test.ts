import { randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import type { Transaction } from 'kysely'
import { Pool } from 'pg'
import { memory } from 'reprise/memory'
import { connectPglite, connectPool, type DatabaseHandle, postgres } from 'reprise/postgres'
import { type OpenForProof, proveStore, type StoreUnderProof } from 'reprise/testing'
import { createDatabase } from '../../support/database'
import { right } from '../../support/right'

const nothing = () => Promise.resolve()

/** A seed of one's own: `REPRISE_SEED=7`. */
const seedOf = (): { readonly seed?: number } => {
  const seed = process.env['REPRISE_SEED']
  return seed === undefined ? {} : { seed: Number(seed) }
}

/** A PostgreSQL schema of its own, which can be opened again. */
const postgresOn =
  (db: DatabaseHandle<unknown>) =>
  async ({ inline }: OpenForProof): Promise<StoreUnderProof<Transaction<unknown>>> => {
    const schema = `proof_${randomUUID().replaceAll('-', '')}`
    const backend = postgres(db, { schema, inline })
    await right(backend.migrate)
    return backend
  }

describe('proveStore', () => {
  it('proves the store in memory, in real time', async () => {
    const proof = await proveStore(
      'memory',
      async ({ inline }) => ({ ...memory({ inline }), close: nothing }),
      { operations: 500, ...seedOf() },
    )
    expect(proof.history.length).toBeGreaterThan(proof.operations)
  })

  it('proves PostgreSQL', async () => {
    const database = await createDatabase()
    const pool = new Pool({ connectionString: database.url, max: 10 })
    try {
      await proveStore('postgres', postgresOn(connectPool(pool)), {
        operations: 3_000,
        ...seedOf(),
      })
    } finally {
      await pool.end()
      await database.drop()
    }
  }, 120_000)

  it('proves PGlite', async () => {
    const pglite = new PGlite()
    try {
      await proveStore('pglite', postgresOn(connectPglite(pglite)), {
        operations: 250,
        ...seedOf(),
      })
    } finally {
      await pglite.close()
    }
  }, 120_000)

  it('prints the seed with what it has found', async () => {
    const forgetful = async ({ inline }: OpenForProof) => {
      const backend = memory({ inline })
      const { load } = backend.store
      const store = {
        ...backend.store,
        load: () => load({ streamId: 'proof-0', after: 0, limit: 1 }),
      }
      return { ...backend, store, close: nothing }
    }
    const proving = proveStore('forgetful', forgetful, { seed: 42, operations: 200 })
    await expect(proving).rejects.toThrow(/forgetful, seed 42: \d+ broken promises[^]*"call":/)
  })
})
