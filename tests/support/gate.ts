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

/** Inserts of events whose data has `stops` wait at the gate: after whoever inserts them has looked at their stream. */
export const stopInsertsAtGate = (admin: Client): Promise<unknown> =>
  admin.query(`
    create function reprise.stop_at_gate() returns trigger language plpgsql as $$
    begin
      if new.data ? 'stops' then ${WAIT_AT_GATE} end if;
      return new;
    end $$;
    create trigger stop_at_gate before insert on reprise.events
      for each row execute function reprise.stop_at_gate()`)

/**
 * Lets whoever announces itself as a writer now wait, until what this answers is called: `start` begins that. Those who begin afterwards
 * announce themselves by another lock, and do not wait.
 */
export const stopAnnouncement = async (
  admin: Client,
  start: () => Promise<unknown>,
): Promise<() => Promise<unknown>> => {
  const { rows } = await admin.query<{ key: string }>(
    `select ((tableoid::bigint & 16777215) << 40 | last_value)::text as key from reprise.events_position_seq`,
  )
  const key = rows[0]?.key
  await admin.query('select pg_advisory_lock($1)', [key])
  await start()
  await admin.query("select nextval('reprise.events_position_seq')")
  return () => admin.query('select pg_advisory_unlock($1)', [key])
}
