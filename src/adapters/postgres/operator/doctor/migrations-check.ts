import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { MigrationChanged, StoreFailed } from '../../../../core/errors/store'
import { ok, problem, warning } from '../../../../core/operator/finding'
import { count } from '../../../../core/text'
import type { MigrationPlan } from '../../schema/migrate'
import { migrationsFor } from '../../schema/migrations'
import type { Check } from './check'

export const MIGRATIONS = 'migrations'

/** Whether the tables are those of this release. */
export const migrationsCheck = (
  schema: string,
  plan: TaskEither<MigrationChanged | StoreFailed, MigrationPlan>,
): Check => ({
  name: MIGRATIONS,
  needs: 'server',
  look: async () => {
    const result = await plan()
    if (E.isLeft(result)) {
      const failed = result.left
      return failed._tag === 'StoreFailed'
        ? E.left(failed)
        : E.right(
            problem(
              MIGRATIONS,
              failed.message,
              'Use the release of reprise that migrated this database.',
            ),
          )
    }
    const { missing, present } = result.right
    if (missing.length > 0) {
      return E.right(
        problem(
          MIGRATIONS,
          `the schema ${schema} is ${present.length === 0 ? 'not migrated' : 'not up to date'}: ${count(missing.length, 'migration')} missing`,
          'Run: npx reprise migrate (with --schema, if it has another name)',
        ),
      )
    }
    const known = new Set(migrationsFor(schema).map(({ name }) => name))
    const newer = present.filter((name) => !known.has(name))
    return E.right(
      newer.length > 0
        ? warning(
            MIGRATIONS,
            `the schema ${schema} was migrated by a newer release: ${newer.join(', ')}`,
            'Update the package reprise here.',
          )
        : ok(
            MIGRATIONS,
            `the schema ${schema} is up to date: ${count(present.length, 'migration')}`,
          ),
    )
  },
})
