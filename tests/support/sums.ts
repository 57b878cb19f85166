import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type Kysely, sql, type Transaction } from 'kysely'
import { tableProjection } from 'reprise/postgres'
import { type Tick, ticks } from './ticks'

/** Version 1: the sum of each stream, and what was added in which order. */
export interface SumTables {
  readonly sums: { readonly stream: string; readonly sum: number; readonly events: number }
  readonly steps: { readonly position: number; readonly stream: string; readonly by: number }
}

/** Version 2 has other columns, and one table less. */
export interface CountTables {
  readonly sums: { readonly events: number; readonly stream: string }
}

/** Work with Kysely, whose rejection becomes a Left. */
export const run = (work: () => Promise<unknown>): TE.TaskEither<unknown, unknown> =>
  TE.tryCatch(work, (cause) => cause)

export const createSums = {
  sums: (db: Kysely<SumTables>) =>
    run(() =>
      db.schema
        .createTable('sums')
        .addColumn('stream', 'text', (column) => column.primaryKey())
        .addColumn('sum', 'integer', (column) => column.notNull())
        .addColumn('events', 'integer', (column) => column.notNull())
        .execute(),
    ),
  steps: (db: Kysely<SumTables>) =>
    pipe(
      run(() =>
        sql`create table steps (position bigint primary key, stream text references sums, by integer)`.execute(
          db,
        ),
      ),
      TE.flatMap(() => run(() => sql`create index steps_stream on steps (stream)`.execute(db))),
    ),
}

/** Adds up, without any defence against an event that comes twice. */
export const addTo = (
  db: Transaction<SumTables>,
  stream: string,
  position: number,
  by: number,
): TE.TaskEither<unknown, unknown> =>
  run(async () => {
    await db
      .insertInto('sums')
      .values({ stream, sum: by, events: 1 })
      .onConflict((conflict) =>
        conflict.column('stream').doUpdateSet((eb) => ({
          sum: eb('sums.sum', '+', eb.ref('excluded.sum')),
          events: eb('sums.events', '+', 1),
        })),
      )
      .execute()
    await db.insertInto('steps').values({ position, stream, by }).execute()
  })

export const sums = (views?: string, version = 1) =>
  tableProjection<SumTables, Tick>({
    name: 'sums',
    version,
    events: ticks,
    tables: createSums,
    ...(views === undefined ? {} : { views }),
    handle: ({ event, streamId, position }, transaction) =>
      addTo(transaction, streamId, position, event.type === 'Ticked' ? event.by : 0),
  })

export const counts = (views?: string, version = 2) =>
  tableProjection<CountTables, Tick>({
    name: 'sums',
    version,
    events: ticks,
    tables: {
      sums: (db) =>
        run(() => sql`create table sums (events integer, stream text primary key)`.execute(db)),
    },
    ...(views === undefined ? {} : { views }),
    handleBatch: (events, transaction) =>
      run(async () => {
        for (const { streamId: stream } of events) {
          await sql`insert into sums values (1, ${stream})
            on conflict (stream) do update set events = sums.events + 1`.execute(transaction)
        }
      }),
  })
