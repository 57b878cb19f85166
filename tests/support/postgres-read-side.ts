import { Pool } from 'pg'
import { connectPool, postgres, type PostgresBackend, type PostgresOptions } from 'reprise/postgres'
import { createDatabase } from './database'
import { partitionedInThisRun } from './partitioned'
import { right } from './right'

/** No tables but ours. */
export type NoTables = Record<string, object>

/** A migrated database of its own, with everything on it. */
export interface PostgresReadSide extends PostgresBackend<NoTables> {
  readonly url: string
  readonly pool: Pool
}

export const postgresReadSide = async (
  options: PostgresOptions<NoTables> = {},
): Promise<PostgresReadSide> => {
  const database = await createDatabase()
  const pool = new Pool({ connectionString: database.url, max: 40 })
  const db = connectPool<NoTables>(pool)
  const backend = postgres(db, options)
  await right(backend.migrate)
  await partitionedInThisRun(db, options.schema)
  return {
    ...backend,
    url: database.url,
    pool,
    close: async () => {
      await backend.close()
      await db.destroy()
      await database.drop()
    },
  }
}
