/**
 * SQL: bounds how long this statement waits for a lock, in milliseconds. It costs no round trip, and leaves nothing
 * behind on a connection that others use as well: outside of a transaction it ends with the statement.
 */
const limitingLocks = (timeout: number): string => `set_config('lock_timeout', '${timeout}', true)`

/** What a statement that appends sets for itself. */
export interface StatementSettings {
  /** How long it waits for a lock, in milliseconds. Left out: as long as the connection says. */
  readonly lockTimeout?: number
  /** What it carries to a shard, `stampOf` its map: see refuse_other_map in migrations/0001_reprise.sql. */
  readonly stamp?: number
}

/** SQL that makes some settings, and is not null; `undefined`: there are none. */
export const settingsIn = ({ lockTimeout, stamp }: StatementSettings): string | undefined => {
  const settings = [
    ...(lockTimeout === undefined ? [] : [limitingLocks(lockTimeout)]),
    ...(stamp === undefined ? [] : [`set_config('reprise.stamp', '${stamp}', true)`]),
  ]
  return settings.length === 0 ? undefined : settings.join(' || ')
}
