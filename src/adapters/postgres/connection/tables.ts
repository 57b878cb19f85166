import type { Kysely } from 'kysely'
import { shortcut } from './pool'
import type { Executor } from './executor'
import { DEFAULT_SCHEMA } from '../schema/names'
import { type Statements, statementsFor } from '../read/statements'

/** A database with our tables in one of its schemas: what every function of this adapter works on. */
export interface Tables {
  readonly db: Executor
  readonly statements: Statements
}

/**
 * Our tables through the caller's connection, or transaction. The caller's plugins (another naming of
 * columns, say) do not touch them.
 */
export const tablesIn = <Database>(
  db: Kysely<Database>,
  schema: string = DEFAULT_SCHEMA,
): Tables => ({
  db: shortcut(db) ?? db.withoutPlugins(),
  statements: statementsFor(schema),
})
