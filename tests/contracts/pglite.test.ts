import { PGlite } from '@electric-sql/pglite'
import { isLeft } from 'fp-ts/Either'
import type { Kysely } from 'kysely'
import { migrate } from '../../src/adapters/postgres/schema/migrate'
import { connectPglite } from '../../src/adapters/postgres/connection/pglite'
import { postgres } from '../../src/adapters/postgres/backend'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { storeContract } from '../../src/testing/store-contract/contract'

let db: Kysely<unknown>

beforeAll(async () => {
  db = connectPglite(new PGlite())
  const migrated = await migrate(db)()
  if (isLeft(migrated)) throw new Error(migrated.left.message)
})
afterAll(() => db.destroy())

storeContract({
  name: 'PGlite',
  open: () => Promise.resolve({ store: postgres(db).store, close: () => Promise.resolve() }),
  describe,
  it,
})
boundaryStoreContract({
  name: 'PGlite',
  open: () => Promise.resolve({ store: postgres(db).store, close: () => Promise.resolve() }),
  describe,
  it,
})
