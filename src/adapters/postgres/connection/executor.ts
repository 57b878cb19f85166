import type { CompiledQuery, QueryResult } from 'kysely'

/** What runs a statement: the caller's Kysely, or a transaction of theirs. */
export interface Executor {
  readonly executeQuery: <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>
}
