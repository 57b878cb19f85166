import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { postgres } from 'reprise/postgres'
import { partitionedInThisRun } from '../support/partitioned'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { right } from '../support/right'
import { operatorContracts } from './operator-contracts'

let database: MigratedDatabase<unknown>
let db: Kysely<unknown>
let elsewhere: Kysely<unknown>

beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect()
  elsewhere = database.connect(3, 'unprepared')
})
afterAll(() => database.close(), 120_000) // there is a schema for each test

operatorContracts('PostgreSQL', async (settings) => {
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  const backend = postgres(db, { schema, archiveFiles: settings.archiveFiles })
  await right(backend.migrate)
  await partitionedInThisRun(db, schema)
  const { operator } = postgres(elsewhere, { schema, operator: settings })
  return { ...backend, operator }
})
