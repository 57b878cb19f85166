import { PGlite } from '@electric-sql/pglite'
import type { Kysely } from 'kysely'
import { memory } from 'reprise/memory'
import { connectPglite, postgres } from 'reprise/postgres'
import { transferContract } from 'reprise/testing'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { right } from '../support/right'

const close = async () => undefined

transferContract({ name: 'memory', open: async () => memory(), describe, it })

describe('embedded', () => {
  let db: Kysely<unknown>
  beforeAll(async () => {
    db = connectPglite(new PGlite())
    await right(postgres(db).migrate)
  })
  afterAll(() => db.destroy())

  transferContract({
    name: 'PGlite',
    open: async () => ({ ...postgres(db), close }),
    ...{ describe, it },
  })
})

describe('a server', () => {
  let database: MigratedDatabase<unknown>
  let db: Kysely<unknown>
  beforeAll(async () => {
    database = await migratedDatabase()
    db = database.connect(4)
  })
  afterAll(() => database.close())

  transferContract({
    name: 'PostgreSQL',
    open: async () => ({ ...postgres(db), close }),
    ...{ describe, it },
  })
})
