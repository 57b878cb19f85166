import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import { type MigrationChanged, storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { OperatorThresholds } from '../../../core/operator/finding'
import type { SplitPart } from '../../../core/ports/split'
import { archiveDirectory } from '../../../archive/directory'
import { postgres, type PostgresBackend } from '../backend'
import { type MigrationPlan, planMigration } from '../schema/migrate'
import { splittingIn } from '../shard/splitting'
import { type Exporting, type ForeignSystem, foreignTransfer } from '../transfer/foreign'
import { directExecutor } from './origin'
import type { PreparedStatementsProbe } from './prepared-statements-probe'

/** How a database is opened by its address. */
export interface OpenSettings {
  /** The schema that holds the tables. */
  readonly schema: string
  /** This machine's clock. Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
  readonly thresholds?: Partial<OperatorThresholds>
  /** The folder where archive files are. */
  readonly archives?: string | undefined
}

/** A database that was opened by its address, with everything that can be done with it. */
export interface OpenedDatabase extends PostgresBackend<unknown> {
  readonly plan: TE.TaskEither<MigrationChanged | StoreFailed, MigrationPlan>
  readonly preparedStatements: TE.TaskEither<StoreFailed, PreparedStatementsProbe>
  /** As a shard that is split, or the standby that becomes one. */
  readonly splitting: SplitPart
  /** The events of another library's store in the same database, to be exported. */
  readonly transferFrom: (system: ForeignSystem, schema: string) => Exporting
}

/** It could not be opened: the address is not valid, or the folder cannot be used. */
export interface NotOpened {
  readonly _tag: 'NotOpened'
  readonly message: string
}
export const notOpened = (message: string): NotOpened => ({ _tag: 'NotOpened', message })

/** What is the same for every kind of database. */
export const openedDatabase = (
  db: Kysely<unknown>,
  { schema, now, thresholds = {}, archives }: OpenSettings,
  preparedStatements: OpenedDatabase['preparedStatements'],
): OpenedDatabase => {
  const backend = postgres(db, {
    ...{ schema, operator: { now, thresholds } },
    ...(archives === undefined ? {} : { archiveFiles: archiveDirectory(archives) }),
  })
  return {
    ...backend,
    plan: planMigration(db, schema),
    transferFrom: (system, from) => foreignTransfer(db, system, from),
    preparedStatements,
    splitting: {
      ...backend.asShard,
      ...splittingIn(schema)(directExecutor(db)),
      newLineage: backend.operator.newLineage(),
      reached: (streamId) =>
        pipe(
          backend.store.version(streamId),
          TE.orElse((error): TE.TaskEither<StoreFailed, number> => {
            if (error._tag === 'StreamErased') return TE.right(Infinity)
            return TE.left(
              error._tag === 'StoreFailed'
                ? error
                : storeFailed('Unexpected', 'nothingWritten', error),
            )
          }),
        ),
    },
    close: async () => {
      await backend.close()
      await db.destroy()
    },
  }
}
