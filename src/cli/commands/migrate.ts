import { type Command, Option } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { count } from '../../core/text'
import { scriptOf } from '../../adapters/postgres/schema/migration-script'
import { answer } from '../output/report'
import type { Register, Work } from '../runtime'
import { explain, withSession } from '../session'
import { migrateToPartitions } from './migrate-partitions'
import { migrateSchemas } from './migrate-schemas'

const listed = (names: ReadonlyArray<string>, verb: string): string =>
  names.map((name) => `${verb} ${name}\n`).join('')

const nothing = (present: ReadonlyArray<string>, place: string, schema: string): string =>
  `Nothing to do: the schema ${schema} at ${place} is up to date (${count(present.length, 'migration')}).\n`

/** Creates the tables, or brings them up to date. */
export const migrate: Work = withSession('existing or new', (session, context) =>
  pipe(
    session.migrate,
    TE.mapLeft(explain(session)),
    TE.flatMap(({ applied, present }) =>
      answer(
        context,
        () => ({ schema: session.schema, applied, present }),
        () =>
          applied.length === 0
            ? nothing(present, session.place, session.schema)
            : `${listed(applied, 'Ran')}The schema ${session.schema} at ${session.place} is up to date.\n`,
      ),
    ),
  ),
)

/** Prints what {@link migrate} would run, and changes nothing. */
export const dryRun: Work = withSession('existing', (session, context) =>
  pipe(
    session.plan,
    TE.mapLeft(explain(session)),
    TE.flatMap(({ missing, present }) =>
      answer(
        context,
        () => ({
          schema: session.schema,
          missing: missing.map((one) => ({
            name: one.name,
            sql: scriptOf(session.schema, one),
          })),
          present,
        }),
        () =>
          missing.length === 0
            ? `-- ${nothing(present, session.place, session.schema)}`
            : `begin;\n\n${missing.map((one) => scriptOf(session.schema, one)).join('\n')}\ncommit;\n`,
      ),
    ),
  ),
)

interface MigrateOptions {
  readonly dryRun?: boolean
  readonly schemas?: string
  readonly partitionBy?: string
}

const workOf = ({ dryRun: isDryRun, schemas, partitionBy }: MigrateOptions): Work => {
  if (isDryRun === true) return dryRun
  if (schemas !== undefined) return migrateSchemas(schemas)
  return partitionBy === undefined ? migrate : migrateToPartitions(partitionBy)
}

export const registerMigrate: Register = (program, perform) =>
  program
    .command('migrate')
    .description('create the tables, or bring them up to date')
    .option('--dry-run', 'print the SQL that would be run, and change nothing')
    .addOption(
      new Option(
        '--schemas <file>',
        'every schema that this file names, one in each line',
      ).conflicts('dryRun'),
    )
    .addOption(
      new Option(
        '--partition-by <how>',
        'move the events to partitions, while the store is in use: hash:16, say',
      ).conflicts(['dryRun', 'schemas']),
    )
    .action((options: MigrateOptions, command: Command) => perform(command, workOf(options)))
