import type { Command } from 'commander'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { migrationsFor } from '../../adapters/postgres/schema/migrations'
import { scriptOf } from '../../adapters/postgres/schema/migration-script'
import { failure } from '../failure'
import { answer } from '../output/report'
import type { Register, Work } from '../runtime'

interface MigrationFile {
  readonly path: string
  readonly text: string
}

const HEAD = (schema: string): string =>
  `-- Written by \`reprise init\` for the schema ${JSON.stringify(schema)}. Run it in one transaction, or let\n` +
  '-- `reprise migrate` do the same. Do not edit it: a later release adds a later file.\n\n'

const filesFor = (folder: string, schema: string): ReadonlyArray<MigrationFile> =>
  migrationsFor(schema).map((migration) => ({
    path: join(folder, `${migration.name}.sql`),
    text: HEAD(schema) + scriptOf(schema, migration),
  }))

const write = (folder: string, files: ReadonlyArray<MigrationFile>) => {
  const there = files.filter(({ path }) => existsSync(path))
  const different = there.filter(({ path, text }) => readFileSync(path, 'utf8') !== text)
  if (different.length > 0) return { written: [], present: [], different }
  const written = files.filter((file) => !there.includes(file))
  mkdirSync(folder, { recursive: true })
  for (const { path, text } of written) writeFileSync(path, text, { flag: 'wx' })
  return { written, present: there, different }
}

const paths = (files: ReadonlyArray<MigrationFile>): ReadonlyArray<string> =>
  files.map(({ path }) => path)

/** Writes the migration files into a folder of the application. Overwrites nothing. */
export const init =
  (folder: string): Work =>
  (context) => {
    const whole = resolve(context.folder, folder)
    return pipe(
      TE.tryCatch(
        () => Promise.resolve().then(() => write(whole, filesFor(whole, context.schema))),
        (error) => failure('NotWritten', error instanceof Error ? error.message : String(error)),
      ),
      TE.flatMap(({ written, present, different }) =>
        different.length > 0
          ? TE.left(
              failure(
                'FileDiffers',
                `Nothing was written: ${paths(different).join(', ')} already exists with other content. Move it, or give another folder.`,
              ),
            )
          : answer(
              context,
              () => ({
                schema: context.schema,
                written: paths(written),
                present: paths(present),
              }),
              () =>
                [
                  ...paths(written).map((path) => `Wrote ${path}\n`),
                  ...paths(present).map((path) => `Unchanged: ${path}\n`),
                ].join(''),
            ),
      ),
    )
  }

export const registerInit: Register = (program, perform) =>
  program
    .command('init')
    .description('write the migration files into a folder of the application')
    .argument('[folder]', 'where to write them', 'migrations/reprise')
    .action((folder: string, _options, command: Command) => perform(command, init(folder)))
