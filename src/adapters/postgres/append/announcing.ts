import { eventsOf, sequenceOf } from '../schema/names'

/** Where the events are: in one table, or in partitions. */
export type EventsLayout = 'table' | 'partitions'

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
export const announcing = (
  schema: string,
  settings: string | undefined,
  layout: EventsLayout,
): Announcing => {
  const sequence = sequenceOf(schema)
  const namespace = `(${sequence}::oid::bigint & 16777215) << 40`
  return {
    sequence: `(select pg_sequence_last_value(${sequence}) as last${layout === 'partitions' ? `, ${ahead(sequence)}` : ''} offset 0) s`,
    announced: `case when ${settings === undefined ? '' : `${settings} is not null and `}${isHeld(schema)} and ${isAhead(schema, layout)}
  and pg_advisory_xact_lock_shared((${namespace}) | s.last) is not null
  and pg_sequence_last_value(${sequence}) <= s.last + 32 then true else false end`,
  }
}

/** SQL: true; above READ COMMITTED nothing may have been removed since the transaction began: see hold_removals in migrations/0001_reprise.sql. */
const isHeld = (schema: string): string =>
  `case when current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then true
    else ${schema}.hold_removals() end`

/** What the session knows of a sequence: see is_ahead in migrations/0001_reprise.sql. */
const ahead = (sequence: string): string =>
  `current_setting('reprise.ahead_' || (${sequence}::oid)::text, true) as ahead`

/**
 * SQL: whether the sequence is ahead of all rows. Of one table its index is asked. Of partitions each has an index, and a plan that
 * contains them costs their number even where none is asked: so they are asked by a function, once a second in each session.
 */
const isAhead = (schema: string, layout: EventsLayout): string =>
  layout === 'table'
    ? `(
    select e.position from ${schema}.events e where e.position > s.last
    order by e.position limit 1) is null`
    : `case when nullif(split_part(s.ahead, ' ', 1), '')::bigint <= s.last
      and date_part('epoch', clock_timestamp()) - nullif(split_part(s.ahead, ' ', 2), '')::double precision between 0 and 1 then true
    else ${schema}.refuse_behind(${eventsOf(schema)}) end`
