import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { Transaction } from 'kysely'
import type { EventCodec } from '../../../core/codec/event-codec'
import type { TableHandling } from '../../../core/ports/own-tables'
import type { TableProjection } from '../../../core/projection'

/** What a read model in tables is made of, whatever the handler. */
export interface TableDeclaration<Database, Event> {
  /** The name that readers use. No `@`. */
  readonly name: string
  /**
   * Raise it whenever the tables or the handler change: a new build is then made beside the one that readers see, in
   * tables of its own, and replaces it when it has caught up. An integer, 1 or more.
   */
  readonly version: number
  /** The events it is derived from: the types this codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /**
   * Creates each table, in this order, in `transaction`, where names without a schema mean the tables of the build.
   * Each build has a schema of its own, so the names of indexes and types need not differ between builds.
   */
  readonly tables: {
    readonly [Table in keyof Database & string]?: (
      transaction: Transaction<Database>,
    ) => TaskEither<unknown, unknown>
  }
  /**
   * The schema in which a view of each table shows the active build, for queries that know nothing of builds. It is
   * created if it does not exist. Omitted: there are no views.
   */
  readonly views?: string
}

/**
 * Declares a read model in tables of your own: `runProjection`, `rebuildProjection` and `rollBackProjection` treat it
 * as any other projection, and `tableReader` reads it. See docs/how-to/own-tables.md.
 *
 * `handle` receives the events one by one, `handleBatch` up to `batchSize` of them. What they write in `transaction` is
 * stored EXACTLY once for every event: it is committed with the checkpoint. Names without a schema mean the tables of
 * the build, and then whatever they meant before. A Left, a rejected promise or an exception is a failure of the event;
 * of a whole batch it is found out which event has caused it, by smaller batches. Both must use `transaction` for all
 * they write, and change no table of another name. `handlerTimeout` is the time for one event, or for a whole batch.
 *
 * @example
 * const deposits = tableProjection<Database, AccountEvent>({
 *   name: 'deposits',
 *   version: 1,
 *   events: accountEvents,
 *   tables: { deposits: createDeposits },
 *   handle: ({ event }, transaction) => insertDeposit(event, transaction),
 * })
 */
export const tableProjection = <Database, Event>({
  tables,
  views,
  ...declared
}: TableDeclaration<Database, Event> &
  TableHandling<Event, Transaction<Database>>): TableProjection<Event, Transaction<Database>> => {
  const entries = Object.entries<
    ((transaction: Transaction<Database>) => TaskEither<unknown, unknown>) | undefined
  >(tables).flatMap(([table, create]) => (create === undefined ? [] : [{ table, create }]))
  const { name, version, events, categories } = declared
  return {
    _tag: 'TableProjection',
    name,
    version,
    events,
    ...(categories === undefined ? {} : { categories }),
    tables: {
      names: entries.map(({ table }) => table),
      create: (transaction) =>
        entries.reduce<TaskEither<unknown, unknown>>(
          (before, { create }) =>
            pipe(
              before,
              TE.flatMap(() => create(transaction)),
            ),
          TE.right(undefined),
        ),
      ...(views === undefined ? {} : { views }),
    },
    handling:
      'handle' in declared ? { handle: declared.handle } : { handleBatch: declared.handleBatch },
  }
}
