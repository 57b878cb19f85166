import * as E from 'fp-ts/Either'
import { appendTogetherError, type AppendTogetherRequest } from '../../../core/append-together'
import { storeFailed } from '../../../core/errors/store'
import type { Limits } from '../../../core/limits'
import type { BoundaryStore } from '../../../core/ports/boundary-store'
import type { SubjectKeys } from '../../../core/ports/subject-keys'
import { toStoreFailed } from '../connection/errors'
import { type Executor, fetchRows, named } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { lockColumns } from './append-together'
import { locksOf, type NamedLock } from './named-locks'

/**
 * Takes the locks of an append, in the order in which every append takes them: see append_together in
 * migrations/0001_reprise.sql. A statement of its own: what is read afterwards has a snapshot that is younger than the
 * locks.
 */
export const lockStatement = (schema: string): string =>
  named(
    'take_locks',
    `
select count(case when n.alone then pg_advisory_xact_lock(n.space, n.key)::text
                  else pg_advisory_xact_lock_shared(n.space, n.key)::text end)
from (
  select (q.tableoid::bigint & 16777215)::integer as space, l.key, l.alone
  from ${quoteIdentifier(schema)}.events_position_seq q, (
    select hashtext(named.name) as key, bool_or(named.alone) as alone
    from unnest($1::text[], $2::boolean[]) as named(name, alone) group by 1
  ) l
  order by l.key offset 0
) n`,
  )

/** Takes locks if no other transaction is in the way: it does not wait for any. */
export const tryLockStatement = (schema: string): string =>
  named(
    'try_locks',
    `
select coalesce(bool_and(case when l.alone then pg_try_advisory_xact_lock(n.space, l.key)
                     else pg_try_advisory_xact_lock_shared(n.space, l.key) end), true) as taken
from (select (q.tableoid::bigint & 16777215)::integer as space
      from ${quoteIdentifier(schema)}.events_position_seq q) n, (
  select hashtext(named.name) as key, bool_or(named.alone) as alone
  from unnest($1::text[], $2::boolean[]) as named(name, alone) group by 1
) l`,
  )

/** What an append that holds its locks beforehand is done with: all of it in one transaction. */
export interface LockedAppendParts {
  readonly limits: Limits
  readonly transaction: Executor
  readonly lock: string
  /** Left out: a lock that was not named beforehand is waited for, in a circle perhaps. */
  readonly tryLock?: string
  readonly readMatching: BoundaryStore['readMatching']
  readonly subjectKeys: SubjectKeys
  readonly append: BoundaryStore['appendTogether']
}

const locksOfAll = ({ streams, condition }: AppendTogetherRequest): ReadonlyArray<NamedLock> =>
  locksOf(streams, condition)

/** Those of some locks that others do not cover. */
const notCovered = (
  held: ReadonlyArray<NamedLock>,
  wanted: ReadonlyArray<NamedLock>,
): ReadonlyArray<NamedLock> => {
  const shared = new Set(held.map(({ name }) => name))
  const alone = new Set(held.flatMap((one) => (one.alone ? [one.name] : [])))
  return wanted.filter((one) => !(one.alone ? alone : shared).has(one.name))
}

const NOT_WAITED_FOR = 'a tag that was not named beforehand is locked by another transaction'

/**
 * Locks, then decides, then appends. Never commits. Whoever waits for a lock while it holds others may wait in a circle:
 * so what is decided on other tags than it was likely to be is tried, and not waited for.
 */
export const appendLocked =
  ({
    limits,
    transaction,
    lock,
    tryLock,
    readMatching,
    subjectKeys,
    append,
  }: LockedAppendParts): BoundaryStore['appendLocked'] =>
  (likely, decide) =>
  async () => {
    let held: ReadonlyArray<NamedLock>
    try {
      const error = appendTogetherError(likely, limits)
      if (error !== undefined) return E.left(error)
      held = locksOfAll(likely)
      await fetchRows(transaction, lock, lockColumns([{ locks: held }]))
    } catch (cause) {
      return E.left(toStoreFailed('uncommitted')(cause))
    }
    const decided = await decide(readMatching, subjectKeys)()
    if (E.isLeft(decided) || tryLock === undefined) {
      return E.isLeft(decided) ? decided : append(decided.right)()
    }
    try {
      const error = appendTogetherError(decided.right, limits)
      if (error !== undefined) return E.left(error)
      const more = notCovered(held, locksOfAll(decided.right))
      if (more.length > 0 && !(await areTaken(transaction, tryLock, more))) {
        return E.left(
          storeFailed('TransactionRefused', 'nothingWritten', undefined, NOT_WAITED_FOR),
        )
      }
    } catch (cause) {
      return E.left(toStoreFailed('uncommitted')(cause))
    }
    return append(decided.right)()
  }

const areTaken = async (
  transaction: Executor,
  tryLock: string,
  locks: ReadonlyArray<NamedLock>,
): Promise<boolean> => {
  const [row] = await fetchRows<{ readonly taken: boolean }>(
    transaction,
    tryLock,
    lockColumns([{ locks }]),
  )
  return row?.taken === true
}
