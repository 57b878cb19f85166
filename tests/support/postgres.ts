import { isLeft } from 'fp-ts/Either'
import type { Kysely } from 'kysely'
import { Pool } from 'pg'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import type { PreparedStatementsMode } from '../../src/adapters/postgres/connection/prepared-statements'
import { migrate } from '../../src/adapters/postgres/schema/migrate'
import { createDatabase } from './database'
import { partitionedInThisRun } from './partitioned'

/** A database of a suite's own, migrated; connections to it are closed with it. */
export interface MigratedDatabase<Database> {
  readonly url: string
  /** A Kysely on a pool of its own. */
  readonly connect: (connections?: number, preparing?: PreparedStatementsMode) => Kysely<Database>
  readonly close: () => Promise<void>
}

export const migratedDatabase = async <Database = unknown>(
  schema?: string,
): Promise<MigratedDatabase<Database>> => {
  const { url, drop } = await createDatabase()
  const open: Kysely<Database>[] = []
  const connect = (connections = 10, preparing: PreparedStatementsMode = 'prepared') => {
    const db = connectPool<Database>(
      new Pool({ connectionString: url, max: connections }),
      preparing,
    )
    open.push(db)
    return db
  }
  const first = connect()
  const migrated = await migrate(first, schema)()
  if (isLeft(migrated)) throw new Error(migrated.left.message)
  await partitionedInThisRun(first, schema)
  return {
    url,
    connect,
    close: async () => {
      await Promise.all(open.map((db) => db.destroy()))
      await drop()
    },
  }
}
