import type { Pool } from 'pg'

/** Every table of a schema in which the text stands. */
export const tablesWith = async (
  pool: Pick<Pool, 'query'>,
  text: string,
  schema = 'reprise',
): Promise<ReadonlyArray<string>> => {
  const { rows: tables } = await pool.query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = $1 order by 1',
    [schema],
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select from "${schema}"."${name}" t where strpos(t::text, $1) > 0 limit 1`,
      [text],
    )
    if (rows.length > 0) found.push(name)
  }
  return found
}
