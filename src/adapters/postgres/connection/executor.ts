import type { CompiledQuery, Kysely, QueryResult } from 'kysely'

/** What runs a statement: the caller's Kysely, or a transaction of theirs. */
export interface Executor {
  readonly executeQuery: <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>
}

/** The caller's Kysely, or transaction, without the caller's plugins (another naming of columns, say). */
export const withoutPlugins = <Database>(db: Kysely<Database>): Executor =>
  db.getExecutor().plugins.length === 0 ? db : db.withoutPlugins()
