import type { PGlite, Results } from '@electric-sql/pglite'
import {
  Kysely,
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresQueryResult,
} from 'kysely'

/** Lets one in at a time, in the order of arrival. */
const turnstile = () => {
  let last = Promise.resolve()
  return async (): Promise<() => void> => {
    const before = last
    let leave: () => void = () => undefined
    last = new Promise((resolve) => {
      leave = resolve
    })
    await before
    return leave
  }
}

const answered = ({ rows, fields, affectedRows = 0 }: Results) => ({
  rows,
  rowCount: affectedRows,
  command: fields.length > 0 && affectedRows === 0 ? 'SELECT' : 'UPDATE',
})

/**
 * A Kysely over an embedded PostgreSQL. It has one connection, so transactions follow one another.
 *
 * @example
 * const store = postgresStore(connectPglite(new PGlite('./data')))
 */
export const connectPglite = <Database>(pglite: PGlite): Kysely<Database> => {
  const enter = turnstile()

  // Without parameters a text may hold several statements, as it may with a server.
  const run = async (statement: string, parameters: ReadonlyArray<unknown>): Promise<Results> =>
    parameters.length > 0
      ? pglite.query(statement, [...parameters])
      : ((await pglite.exec(statement)).at(-1) ?? { rows: [], fields: [] })

  function query<Row>(
    statement: string,
    parameters: ReadonlyArray<unknown>,
  ): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(
    statement: string | PostgresCursor<unknown>,
    parameters: ReadonlyArray<unknown> = [],
  ): unknown {
    if (typeof statement !== 'string') return statement
    return run(statement, parameters).then(answered)
  }

  const source: PostgresPool = {
    connect: async () => ({ query, release: await enter() }),
    end: () => pglite.close(),
  }
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: source }) })
}
