import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import { DEFAULT_SCHEMA } from './schema'
import { type Statements, statementsFor } from './statements'

/** What runs a statement: the caller's Kysely, or a transaction of theirs. */
export interface Executor {
  readonly executeQuery: <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>
}

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
  db: db.withoutPlugins(),
  statements: statementsFor(schema),
})
