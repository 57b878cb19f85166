import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { storableCopies } from '../../../core/document-key'
import type { Json, JsonObject } from '../../../core/json'
import type { Metadata } from '../../../core/metadata'
import type { DueTime, DueOutboxCommand, Outbox, OutboxWrites } from '../../../core/ports/outbox'
import { directExecutor } from '../connection/origin'
import { named, type Executor, readRows, withoutPlugins, writeRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'

// A command that is stored already stays as it is. A timer of the same name is replaced, and comes last.
const add = (schema: string): string => `
insert into ${schema}.outbox as r (process, key, id, command, metadata, timer, due_at)
select $1::text, $2::text, $3::text, $4::text::jsonb, $5::text::jsonb, $6::text,
       coalesce(to_timestamp($8::double precision / 1000),
                clock_timestamp() + $7::double precision * interval '1 millisecond')
where not exists (select from ${schema}.outbox e where e.process = $1 and e.id = $3)
on conflict on constraint outbox_timer_key do update
  set sequence = default, id = excluded.id, command = excluded.command,
      metadata = excluded.metadata, due_at = excluded.due_at, attempts = 0, failure = null,
      parked = false`

/** Timer, delay and time. */
const dueParameters = (due: DueTime): ReadonlyArray<unknown> => {
  switch (due._tag) {
    case 'Now':
      return [null, 0, null]
    case 'After':
      return [due.timer, due.delay, null]
    case 'At':
      return [due.timer, null, due.time]
  }
}

const cancel = (schema: string): string => `
delete from ${schema}.outbox where process = $1::text and key = $2::text and timer = $3::text`

const cancelAll = (schema: string): string => `
delete from ${schema}.outbox where process = $1::text and key = $2::text and timer is not null`

const done = (schema: string): string => `
delete from ${schema}.outbox where process = $1::text and id = any($2::text[])`

const failed = (schema: string): string => `
update ${schema}.outbox
set attempts = $3::integer, failure = $4::text::jsonb, parked = $5::integer is null,
    due_at = coalesce(clock_timestamp() + $5::integer * interval '1 millisecond', due_at)
where process = $1::text and id = $2::text`

const rejected = (schema: string): string => `
insert into ${schema}.rejections as r (process, rejected) values ($1::text, $2::integer)
on conflict on constraint rejections_pkey do update set rejected = r.rejected + excluded.rejected`

const retryUndecodable = (schema: string): string => `
update ${schema}.outbox set parked = false, due_at = clock_timestamp()
where process = $1::text and parked and failure->'undecodable' = 'true'`

const columns = 'r.process, r.key, r.id, r.command, r.metadata, r.attempts'

interface OutboxRow {
  readonly process: string
  readonly key: string
  readonly id: string
  readonly command: Json
  readonly metadata: Metadata
  readonly attempts: number
}

const toDue = ({ process, key, id, command, metadata, attempts }: OutboxRow): DueOutboxCommand => ({
  process,
  key,
  id,
  command,
  metadata,
  attempts,
})

const due = (schema: string): string => `
select ${columns}
from ${schema}.outbox r
where r.process = $1::text and not r.parked and r.due_at <= clock_timestamp()
  and (r.timer is not null or not exists (
    select from ${schema}.outbox e
    where e.process = r.process and e.key = r.key and e.timer is null and e.sequence < r.sequence
      and (e.parked or e.due_at > clock_timestamp())))
order by r.sequence
limit $2::integer`

const outboxStatements = (schema: string) => {
  const name = quoteIdentifier(schema)
  return {
    add: named('add_outbox_command', add(name)),
    cancel: named('cancel_timer', cancel(name)),
    cancelAll: named('cancel_timers', cancelAll(name)),
    done: named('outbox_commands_done', done(name)),
    failed: failed(name),
    rejected: rejected(name),
    retryUndecodable: retryUndecodable(name),
    due: named('outbox_due', due(name)),
  }
}
type OutboxStatements = ReturnType<typeof outboxStatements>

/** What is written in the transaction that handles an event. */
const writesOn = (transaction: Executor, statements: OutboxStatements): OutboxWrites => {
  const write = (statement: string, parameters: ReadonlyArray<unknown>) =>
    pipe(
      writeRows(transaction, 'transaction', statement, parameters),
      TE.map(() => undefined),
    )
  return {
    add: ({ process, key, id, command, metadata }, due) => {
      const copies = storableCopies<Json>([command, metadata as JsonObject])
      return E.isLeft(copies)
        ? TE.left(copies.left)
        : write(statements.add, [
            process,
            key,
            id,
            ...copies.right.map((copy) => JSON.stringify(copy)),
            ...dueParameters(due),
          ])
    },
    cancel: (process, key, timer) => write(statements.cancel, [process, key, timer]),
    cancelAll: (process, key) => write(statements.cancelAll, [process, key]),
    done: (process, ids) =>
      ids.length === 0 ? TE.right(undefined) : write(statements.done, [process, ids]),
    failed: ({ process, id, attempts, failure, retryAfter }) =>
      write(statements.failed, [
        process,
        id,
        attempts,
        JSON.stringify(failure),
        retryAfter === undefined ? null : Math.ceil(retryAfter),
      ]),
    rejected: (process, number) => write(statements.rejected, [process, number]),
  }
}

/** The outbox in PostgreSQL: the commands that process managers have issued. */
export const postgresOutbox = <Database>(
  db: Kysely<Database>,
  schema: string,
): Outbox<Transaction<Database>> => {
  const statements = outboxStatements(schema)
  const direct = directExecutor(db)
  return {
    inTransaction: (transaction) => writesOn(withoutPlugins(transaction), statements),
    retryUndecodable: (process) =>
      pipe(
        writeRows(direct, 'statement', statements.retryUndecodable, [process]),
        TE.map(() => undefined),
      ),
    takeDue: (process, limit) =>
      pipe(
        readRows<OutboxRow>(direct, statements.due, [process, limit]),
        TE.map((rows) => rows.map(toDue)),
      ),
  }
}
