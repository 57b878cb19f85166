import type { Transaction } from 'kysely'
import { postgres, type PreparedStatementsMode } from 'reprise/postgres'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import type { ReadSide } from './read-side'
import { readSideContracts } from './read-side-contracts'

type Side = ReadSide<Transaction<unknown>>

describe.each(['prepared', 'unprepared'] as const)('with statements %s', (preparing) => {
  let database: MigratedDatabase<unknown>
  let first: Side
  let second: Side

  const connect = (how: PreparedStatementsMode): Side => postgres(database.connect(10, how))
  beforeAll(async () => {
    database = await migratedDatabase()
    first = connect(preparing)
    second = connect(preparing)
  })
  afterAll(() => database.close())

  readSideContracts(
    'PostgreSQL',
    () => first,
    () => second,
  )
})
