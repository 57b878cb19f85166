import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely } from 'kysely'
import type { StoreFailed } from '../../core/errors/store'
import { MAXIMUM_POSITION } from '../../core/stream'
import { toStoreFailed } from './errors'
import { type Migration, migrationsFor } from './migrations'
import { DEFAULT_SCHEMA, namespaceOf, quoteIdentifier } from './schema'
import type { Executor } from './tables'

/** A migration that was run here before does not read as it did then. Nothing was changed. */
export interface MigrationChanged {
  readonly _tag: 'MigrationChanged'
  readonly migration: string
  readonly message: string
}

/** What {@link migrate} has found, and done. */
export interface Migrated {
  /** The names of those that were run now, oldest first. */
  readonly applied: ReadonlyArray<string>
  /** The names of those that had been run before. */
  readonly present: ReadonlyArray<string>
}

interface MigrationRow {
  readonly name: string
  readonly fingerprint: string
}

const run = async (db: Executor, statement: string): Promise<void> => {
  await db.executeQuery(CompiledQuery.raw(statement))
}

const changed = ({ name }: Migration): MigrationChanged => ({
  _tag: 'MigrationChanged',
  migration: name,
  message: `The migration ${name} was run here with another text. Was this database migrated by another build?`,
})

// One at a time in each schema: the lock is on the last key of its namespace, which no writer uses.
const prepare = (schema: string): string => `
select pg_advisory_xact_lock((${namespaceOf(schema)}::bigint << 40) | ${MAXIMUM_POSITION}::bigint);
create schema if not exists ${quoteIdentifier(schema)};
create table if not exists ${quoteIdentifier(schema)}.migrations (
  name        text        not null primary key,
  fingerprint text        not null,
  applied_at  timestamptz not null default now()
)`

const applyAll = async (
  db: Executor,
  schema: string,
): Promise<E.Either<MigrationChanged, Migrated>> => {
  await run(db, prepare(schema))
  const table = `${quoteIdentifier(schema)}.migrations`
  const { rows } = await db.executeQuery<MigrationRow>(
    CompiledQuery.raw(`select name, fingerprint from ${table} order by name`),
  )
  const present = new Map(rows.map((row) => [row.name, row.fingerprint]))
  const applied: string[] = []
  for (const migration of migrationsFor(schema)) {
    const before = present.get(migration.name)
    if (before !== undefined && before !== migration.fingerprint) return E.left(changed(migration))
    if (before !== undefined) continue
    await run(db, migration.sql)
    await db.executeQuery(
      CompiledQuery.raw(`insert into ${table} (name, fingerprint) values ($1, $2)`, [
        migration.name,
        migration.fingerprint,
      ]),
    )
    applied.push(migration.name)
  }
  return E.right({ applied, present: [...present.keys()] })
}

/**
 * Makes the tables, or brings them up to date: all of it in one transaction, or nothing. Safe to run
 * from several processes at once, and again.
 *
 * Fails with
 * - `MigrationChanged`: one that was run before has another text now.
 * - `StoreFailed`: the database refused, or did not answer.
 */
export const migrate =
  <Database>(
    db: Kysely<Database>,
    schema: string = DEFAULT_SCHEMA,
  ): TaskEither<MigrationChanged | StoreFailed, Migrated> =>
  async () => {
    try {
      const transaction = await db.withoutPlugins().startTransaction().execute()
      try {
        const result = await applyAll(transaction, schema)
        await (E.isRight(result) ? transaction.commit() : transaction.rollback()).execute()
        return result
      } catch (error) {
        await transaction.rollback().execute()
        return E.left(toStoreFailed('connecting')(error))
      }
    } catch (error) {
      return E.left(toStoreFailed('connecting')(error))
    }
  }
