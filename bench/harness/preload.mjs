import pg from 'pg'

/** Fills the contestant's tables with SQL. */
export const preload = async (contestant, { url, preload: count, cell }) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await contestant.preload(client, count, cell)
  await client.end()
}
