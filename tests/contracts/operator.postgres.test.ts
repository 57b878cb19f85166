import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import {
  migrate,
  postgresOperator,
  postgresProjections,
  postgresRequests,
  postgresStore,
  postgresSubscriptions,
} from '../../src/postgres'
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
afterAll(() => database.close())

operatorContracts('PostgreSQL', async (settings) => {
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  await right(migrate(db, schema))
  return {
    store: postgresStore(db, { schema }),
    subscriptions: postgresSubscriptions(db, { schema }),
    projections: postgresProjections(db, { schema }),
    requests: postgresRequests(db, { schema }),
    operator: postgresOperator(elsewhere, { schema, ...settings }),
  }
})
