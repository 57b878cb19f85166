import { sequenceOf } from '../schema/names'

/** SQL that announces: its one row, and the condition that takes the lock. */
export interface Announcing {
  readonly sequence: string
  readonly announced: string
}

/**
 * Takes the lock that announces the writer to readers: see `announce` in migrations/0001_reprise.sql. It must be held
 * before a position is drawn; in all statements it is, because what is inserted comes from the row that requested the
 * lock. Nothing is inserted where the sequence is behind the rows, nor where it has moved on by more than 32 before the lock was
 * held: readers do not look further back than that. Then the append function is asked, which announces again, or says what
 * is wrong.
 */
// In a CASE, whose conditions are evaluated as they stand: the planner puts those of a WHERE in an order of its own.
// The sequence is asked by its function, which costs a tenth of the statement less than reading it as a table. To a role
// that may not read it, and where no position was ever drawn, it answers null: then nothing is inserted either.
export const announcing = (schema: string, settings: string | undefined): Announcing => {
  const sequence = sequenceOf(schema)
  const namespace = `(${sequence}::oid::bigint & 16777215) << 40`
  return {
    sequence: `(select pg_sequence_last_value(${sequence}) as last offset 0) s`,
    announced: `case when ${settings === undefined ? '' : `${settings} is not null and `}(
    select e.position from ${schema}.events e where e.position > s.last
    order by e.position limit 1) is null
  and pg_advisory_xact_lock_shared((${namespace}) | s.last) is not null
  and pg_sequence_last_value(${sequence}) <= s.last + 32 then true else false end`,
  }
}
