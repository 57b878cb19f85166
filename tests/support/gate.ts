import type { Client } from 'pg'

const KEY = 4711

/** PL/pgSQL: waits while the gate is closed. Not for a lock: an append gives that up after a while, and looks again. */
export const WAIT_AT_GATE = `
  while not pg_try_advisory_xact_lock_shared(${KEY}) loop
    perform pg_sleep(0.005);
  end loop;`

/** Closes the gate while something is done, and opens it then. */
export const whileClosed = async <Answer>(
  admin: Client,
  work: () => Promise<Answer>,
): Promise<Answer> => {
  await admin.query('select pg_advisory_lock($1)', [KEY])
  try {
    return await work()
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [KEY])
  }
}

/** Whether a statement of connections with this application name sleeps: before the gate, or by itself. */
export const isAsleep = async (admin: Client, application: string): Promise<boolean> => {
  const { rows } = await admin.query(
    `select from pg_stat_activity
     where datname = current_database() and application_name = $1 and wait_event = 'PgSleep'`,
    [application],
  )
  return rows.length > 0
}
