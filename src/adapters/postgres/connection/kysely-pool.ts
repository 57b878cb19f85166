import {
  Kysely,
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'

/** What a server has answered to a statement. */
export interface Answer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: Record<string, unknown>[]
}

/** Runs a statement on one connection, after those before it. Rejects as the driver does. */
export type RunStatement = (text: string, parameters: ReadonlyArray<unknown>) => Promise<Answer>

/** A connection as Kysely wants it. */
export const poolClient = (run: RunStatement, release: () => void): PostgresPoolClient => {
  function query<Row>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
  ): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(
    statement: string | PostgresCursor<unknown>,
    parameters: ReadonlyArray<unknown> = [],
  ): unknown {
    return typeof statement === 'string' ? run(statement, parameters) : statement
  }
  return { query, release }
}

export const kyselyOn = <Database>(pool: PostgresPool): Kysely<Database> =>
  new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
