import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { EventStore } from '../../src/core/ports/event-store'
import type { InlineProjection } from '../../src/core/ports/inline-projection'
import { type OperatorOptions, postgres, type PostgresOptions } from 'reprise/postgres'
import { migratedPglite } from './pglite'
import type { NoTables } from './postgres-read-side'
import { right } from './right'

/** Everything in one embedded database, which starts slowly: each opening gets a schema of its own. */
export const pgliteReadSides = () => {
  const starting = migratedPglite<NoTables>()
  const open = async ({
    archiveFiles,
    ...operator
  }: OperatorOptions & Pick<PostgresOptions<NoTables>, 'archiveFiles'> = {}) => {
    const db = await starting
    const schema = `test_${randomUUID().replaceAll('-', '')}`
    const backend = postgres(db, { schema, operator, ...(archiveFiles && { archiveFiles }) })
    await right(backend.migrate)
    return {
      ...backend,
      storeWith: (inline: ReadonlyArray<InlineProjection<Transaction<NoTables>>>): EventStore =>
        postgres(db, { schema, inline }).store,
    }
  }
  return { open, close: async () => (await starting).destroy() }
}
