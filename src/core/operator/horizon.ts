import { duration } from '../text'
import type { Position } from '../stream'

/** A transaction that has announced positions: subscribers see nothing after `position` until it ends. */
export interface HorizonHolder {
  readonly position: Position
  /** Of the server process. `undefined`: a prepared transaction (two-phase commit). */
  readonly pid: number | undefined
  readonly application: string | undefined
  readonly user: string | undefined
  /** Of the session, as the server reports it: `active`, `idle in transaction`. */
  readonly state: string | undefined
  /** Of the transaction, in milliseconds. `undefined`: it is not known. */
  readonly age: number | undefined
  /** The last statement, its first 200 characters, in one line. */
  readonly statement: string | undefined
  /** What to do about it. `undefined`: nothing, for it is not older than appends may be. */
  readonly advice: string | undefined
}

/** How far subscribers can read. */
export interface Horizon {
  /** Events up to here are safe to read. */
  readonly horizon: Position
  /** The last position that was drawn. */
  readonly last: Position
  /** The transactions that hold the horizon back, lowest position first. Most of them for a moment only. */
  readonly holders: ReadonlyArray<HorizonHolder>
}

/** What to do about a holder. A session that is working or about to commit must never be terminated. */
export const holderAdvice = (
  { pid, age, state }: Omit<HorizonHolder, 'advice'>,
  accusedAfter: number,
): string | undefined => {
  const isAccused = age === undefined ? pid === undefined : age > accusedAfter
  if (!isAccused) return undefined
  if (pid === undefined) {
    return 'Subscribers see nothing newer until it ends: see pg_prepared_xacts, then commit prepared or rollback prepared.'
  }
  return state?.startsWith('idle in transaction') === true
    ? `Subscribers see nothing newer until it ends. End it where it was begun; if that is not possible: select pg_terminate_backend(${pid})`
    : 'Subscribers see nothing newer until it ends. It is still working: commit in smaller transactions.'
}

/** A description of a holder. */
export const holderText = (holder: HorizonHolder): string => {
  const { pid, application, user, age, state, statement } = holder
  return [
    pid === undefined ? 'a prepared transaction' : `process ${pid}`,
    application,
    user === undefined ? undefined : `user ${user}`,
    age === undefined ? undefined : `open for ${duration(age / 1000)}`,
    state,
    statement === undefined ? undefined : `last statement: ${statement}`,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(', ')
}
