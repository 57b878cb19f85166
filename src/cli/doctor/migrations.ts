import * as E from 'fp-ts/Either'
import { migrationsFor } from '../../adapters/postgres/schema/migrations'
import { count } from '../output/text'
import { type Check, ok, problem, warning } from './check'

export const migrationsCheck: Check = {
  name: 'migrations',
  needs: 'server',
  examine:
    ({ plan, schema }) =>
    async () => {
      const result = await plan()
      if (E.isLeft(result)) {
        return result.left._tag === 'StoreFailed'
          ? E.left(result.left)
          : E.right(
              problem(
                result.left.message,
                'Use the release of reprise that migrated this database.',
              ),
            )
      }
      const { missing, present } = result.right
      if (missing.length > 0) {
        return E.right(
          problem(
            `the schema ${schema} is ${present.length === 0 ? 'not migrated' : 'not up to date'}: ${count(missing.length, 'migration')} missing`,
            'Run: npx reprise migrate (with --schema, if it has another name)',
          ),
        )
      }
      const known = new Set(migrationsFor(schema).map(({ name }) => name))
      const newer = present.filter((name) => !known.has(name))
      return newer.length > 0
        ? E.right(
            warning(
              `the schema ${schema} was migrated by a newer release: ${newer.join(', ')}`,
              'Update the package reprise here.',
            ),
          )
        : E.right(ok(`the schema ${schema} is up to date: ${count(present.length, 'migration')}`))
    },
}
