import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import {
  type MigrationChanged,
  migrationChanged,
  type StoreFailed,
  storeFailed,
} from '../../../core/errors/store'
import type { Migrated } from '../../../core/ports/backend'
import { toStoreFailed } from '../connection/errors'
import { type Executor, fetchRows, withoutPlugins, writeRows } from '../connection/query'
import { commit, rollBack } from '../connection/transaction'
import { type Migration, migrationsFor } from './migrations'
import { DEFAULT_SCHEMA, quoteIdentifier, refusedSchema } from './names'
import {
  announcementsAreVisible,
  followRename,
  foundation,
  migrationsTable,
  remember,
  takeTurns,
} from './migration-script'

/** What {@link migrate} would find and do. */
export interface MigrationPlan {
  /** Those that have not been run here, oldest first. */
  readonly missing: ReadonlyArray<Migration>
  /** The names of those that have been run. */
  readonly present: ReadonlyArray<string>
}

interface MigrationRow {
  readonly name: string
  readonly fingerprint: string
}

const compare = async (
  db: Executor,
  schema: string,
): Promise<E.Either<MigrationChanged, MigrationPlan>> => {
  const statement = `select name, fingerprint from ${migrationsTable(schema)} order by name`
  const rows = await fetchRows<MigrationRow>(db, statement, [])
  const before = new Map(rows.map((row) => [row.name, row.fingerprint]))
  const known = migrationsFor(schema)
  const wrong = known.find(
    ({ name, fingerprint }) => before.has(name) && before.get(name) !== fingerprint,
  )
  if (wrong !== undefined) return E.left(migrationChanged(wrong.name))
  const missing = known.filter(({ name }) => !before.has(name))
  return E.right({ missing, present: [...before.keys()] })
}

const notVisible = storeFailed(
  'LocksNotVisible',
  'nothingWritten',
  undefined,
  'pg_locks does not show the advisory lock that was just taken: this server only looks like PostgreSQL, and subscribers would lose events',
)

const applyAll = async (
  db: Executor,
  schema: string,
): Promise<E.Either<MigrationChanged | StoreFailed, Migrated>> => {
  await fetchRows(db, takeTurns(schema), [])
  await fetchRows(db, foundation(schema), [])
  const plan = await compare(db, schema)
  if (E.isLeft(plan)) return plan
  for (const migration of plan.right.missing) {
    await fetchRows(db, migration.sql, [])
    await fetchRows(db, remember(schema, migration), [])
  }
  await fetchRows(db, followRename(schema), [])
  const [seen] = await fetchRows<{ readonly visible: boolean }>(
    db,
    announcementsAreVisible(schema),
    [],
  )
  if (seen?.visible !== true) return E.left(notVisible)
  const { missing, present } = plan.right
  return E.right({ applied: missing.map(({ name }) => name), present })
}

/**
 * Creates the tables, or brings them up to date: all of it in one transaction, or nothing. Safe to run from several
 * processes at once, and repeatedly.
 *
 * Fails with
 * - `MigrationChanged`: one that was run before has another text now. Nothing was changed.
 * - `StoreFailed`: the database refused, or did not answer. With outcome `unknown` the answer to COMMIT was lost: run
 *   it again, and see. `InvalidSchemaName`: the server would change the name. `LocksNotVisible`, `SequenceBehind`:
 *   subscribers could not rely on this database.
 *
 * Functions of a schema that was renamed are adapted to its new name.
 */
export const migrate =
  <Database>(
    db: Kysely<Database>,
    schema: string = DEFAULT_SCHEMA,
  ): TaskEither<MigrationChanged | StoreFailed, Migrated> =>
  async () => {
    const refused = refusedSchema(schema)
    if (refused !== undefined) return E.left(refused)
    try {
      // Each statement must see what the one before us in the queue has committed.
      const begin = db.withoutPlugins().startTransaction().setIsolationLevel('read committed')
      const transaction = await begin.execute()
      try {
        const result = await applyAll(transaction, schema)
        if (E.isRight(result)) return await commit(transaction, result.right)
        await rollBack(transaction)
        return result
      } catch (error) {
        await rollBack(transaction)
        return E.left(toStoreFailed('uncommitted')(error))
      }
    } catch (error) {
      return E.left(toStoreFailed('none')(error))
    }
  }

/**
 * Gives the store another lineage, after it was restored from a backup or failed over to a replica that lagged:
 * subscriptions elsewhere that had come further stop, instead of passing over what takes those positions now.
 * Checkpoints in the same schema that are not ahead of the events go on. Answers the lineage.
 */
export const newLineage = (db: Executor, schema: string): TaskEither<StoreFailed, string> =>
  pipe(
    writeRows<{ readonly lineage: string }>(
      db,
      'statement',
      `select ${quoteIdentifier(schema)}.new_lineage()::text as lineage`,
      [],
    ),
    TE.map(([row]) => row?.lineage ?? ''),
  )

/** What {@link migrate} would do now. Changes nothing. Fails as it does. */
export const planMigration =
  <Database>(
    db: Kysely<Database>,
    schema: string = DEFAULT_SCHEMA,
  ): TaskEither<MigrationChanged | StoreFailed, MigrationPlan> =>
  async () => {
    const refused = refusedSchema(schema)
    if (refused !== undefined) return E.left(refused)
    try {
      return await compare(withoutPlugins(db), schema)
    } catch (error) {
      const failed = toStoreFailed('none')(error)
      return failed.reason === 'NotMigrated'
        ? E.right({ missing: migrationsFor(schema), present: [] })
        : E.left(failed)
    }
  }
