import type { Client } from 'pg'

/** How many statements in this database wait for a lock. */
export const blockedIn = async (admin: Client): Promise<number> => {
  const { rows } = await admin.query<{ blocked: number }>(
    `select count(*)::integer as blocked from pg_locks where not granted and pid in (
       select pid from pg_stat_activity where datname = current_database())`,
  )
  return rows[0]?.blocked ?? 0
}
