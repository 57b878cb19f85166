import * as E from 'fp-ts/Either'
import { appendTogetherError } from '../../../core/append-together'
import type { Limits } from '../../../core/limits'
import type { BoundaryStore } from '../../../core/ports/boundary-store'
import { toStoreFailed } from '../connection/errors'
import { type Executor, fetchRows, named } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { encodeAppend } from './append'
import { lockColumns, unitOf } from './append-together'

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

/** What an append that holds its locks beforehand is done with: all of it in one transaction. */
export interface LockedAppendParts {
  readonly limits: Limits
  readonly transaction: Executor
  readonly lock: string
  readonly readMatching: BoundaryStore['readMatching']
  readonly append: BoundaryStore['appendTogether']
}

/** Locks, then decides, then appends. Never commits. */
export const appendLocked =
  ({
    limits,
    transaction,
    lock,
    readMatching,
    append,
  }: LockedAppendParts): BoundaryStore['appendLocked'] =>
  (likely, decide) =>
  async () => {
    try {
      const error = appendTogetherError(likely, limits)
      if (error !== undefined) return E.left(error)
      const unit = unitOf(likely.streams.map(encodeAppend), likely.condition)
      await fetchRows(transaction, lock, lockColumns([unit]))
    } catch (cause) {
      return E.left(toStoreFailed('uncommitted')(cause))
    }
    const decided = await decide(readMatching)()
    return E.isLeft(decided) ? decided : append(decided.right)()
  }
