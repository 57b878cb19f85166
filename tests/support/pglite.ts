import { PGlite } from '@electric-sql/pglite'
import type { Kysely } from 'kysely'
import { connectPglite, postgres } from 'reprise/postgres'
import { right } from './right'

/** An embedded database of its own, in memory, migrated. */
export const migratedPglite = async <Database>(): Promise<Kysely<Database>> => {
  const db = connectPglite<Database>(new PGlite())
  await right(postgres(db).migrate)
  return db
}
