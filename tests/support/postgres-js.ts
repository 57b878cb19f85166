import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely'
import postgresJs from 'postgres'

/** A Kysely over postgres.js: a driver that asks the server for the types of parameters, and writes them itself. */
export const connectPostgresJs = <Database>(url: string, max = 10): Kysely<Database> => {
  const sql = postgresJs(url, { max, onnotice: () => undefined })
  const connect = async (): Promise<PostgresPoolClient> => {
    const reserved = await sql.reserve()
    const query = async (text: string, parameters: ReadonlyArray<unknown>) => {
      const found = await reserved.unsafe(text, [...parameters] as never[])
      return { command: found.command, rowCount: found.count, rows: [...found] }
    }
    return { query, release: () => reserved.release() } as PostgresPoolClient
  }
  return new Kysely({ dialect: new PostgresDialect({ pool: { connect, end: () => sql.end() } }) })
}
