import { setTimeout as pause } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import type { FrontDesk } from './front-desk.js'

/** A database, with a schema for each hotel. */
export interface Database {
  /** The backend of one hotel: its tenant. Creates or updates its schema; waits until the server is there. */
  readonly open: (hotel: string) => Promise<PostgresBackend<FrontDesk>>
  readonly close: () => Promise<void>
}

const migrated = async <Backend extends PostgresBackend<FrontDesk>>(
  backend: Backend,
): Promise<Backend> => {
  for (;;) {
    const done = await backend.migrate()
    if (done._tag === 'Right') return backend
    if (done.left._tag === 'MigrationChanged') throw new Error(done.left.message)
    console.error(`migrate: ${done.left.message}`)
    await pause(1_000)
  }
}

/**
 * @param url - of a PostgreSQL server. `undefined`: a database in this process.
 * @param folder - where that one keeps its data.
 */
export const openDatabase = async (url: string | undefined, folder: string): Promise<Database> => {
  if (url === undefined) {
    const pglite = await PGlite.create(folder)
    return {
      open: (hotel) => migrated(postgres<FrontDesk>(pglite, { schema: hotel })),
      close: () => pglite.close(),
    }
  }
  const pool = new Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis: 10_000, // `pg` would wait for ever
    application_name: 'hotel',
  })
  pool.on('error', (error) => console.error(`pool: ${error.message}`)) // or it ends the process
  return {
    open: (hotel) => migrated(postgres<FrontDesk>(pool, { schema: hotel })),
    close: () => pool.end(),
  }
}
