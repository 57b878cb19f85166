import type { Kysely, Transaction } from 'kysely'
import { postgres } from 'reprise/postgres'
import { migratedPglite } from '../support/pglite'
import type { ReadSide } from './read-side'
import { readSideContracts } from './read-side-contracts'

let db: Kysely<unknown>
let side: ReadSide<Transaction<unknown>>

beforeAll(async () => {
  db = await migratedPglite()
  side = postgres(db)
})
afterAll(() => db.destroy())

readSideContracts('PGlite', () => side)
