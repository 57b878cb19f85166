import { resolve } from 'node:path'
import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { argument, count } from '../../core/text'
import {
  type Exporting,
  FOREIGN_SYSTEMS,
  type ForeignSystem,
} from '../../adapters/postgres/transfer/foreign'
import type { ArchiveLines } from '../../core/transfer/rows'
import { exportArchive } from '../../shell/transfer/export-archive'
import { openPart, type PartFile } from '../archive/part-file'
import { type CliFailure, failure, usage } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { isWhole, leftOut, retiredIn } from '../retired'
import { safe } from '../output/text'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

export interface ExportOptions {
  readonly format?: string
  readonly from?: string
  readonly fromSchema?: string
}

const interrupted = (path: string): CliFailure =>
  failure(
    'Interrupted',
    `Interrupted. What was exported is in ${safe(path)}.part. To go on: npx reprise export ${argument(path)}`,
  )

/** How events are written, by the name of the format. */
const FORMATS: ReadonlyMap<string, ArchiveLines> = new Map([
  ['ndjson', 'json'],
  ['copy', 'rows'],
])

const SYSTEMS: ReadonlyArray<string> = FOREIGN_SYSTEMS

const isForeign = (system: string): system is ForeignSystem => SYSTEMS.includes(system)

/** What is exported: this library's store, or that of another one in the same database. */
const sourceOf = (
  session: Session,
  { from, fromSchema = 'public' }: ExportOptions,
): Pick<Session, 'transfer'> | { readonly transfer: Exporting } =>
  from !== undefined && isForeign(from)
    ? { transfer: session.transferFrom(from, fromSchema) }
    : session

interface Exported {
  readonly path: string
  readonly options: ExportOptions
  readonly lines: ArchiveLines
  readonly file: PartFile
}

const exportTo = async (
  session: Session,
  context: Context,
  { path, options, lines, file }: Exported,
): Promise<E.Either<CliFailure, 0>> => {
  const progress = progressPrinter(context, { archive: path })
  const exported = await untilInterrupted(context, (signal) =>
    exportArchive<CliFailure>({
      lines,
      soFar: file.soFar,
      write: (lines) => async () =>
        signal.aborted ? E.left(interrupted(path)) : file.write(lines)(),
      onProgress: progress.show,
    })(sourceOf(session, options))(),
  )
  await progress.end()
  if (E.isLeft(exported)) {
    return E.left('exitCode' in exported.left ? exported.left : explain(session)(exported.left))
  }
  const finished = await file.finish(exported.right)()
  if (E.isLeft(finished)) return finished
  const retired = await retiredIn(session)()
  if (E.isLeft(retired)) return retired
  const { events, commands, upTo } = exported.right
  const isAll = options.from !== undefined || isWhole(retired.right)
  return answer(
    context,
    () => ({
      exported: {
        ...{ archive: path, events, commands, upTo },
        ...(isAll ? {} : { leftOut: retired.right }),
      },
    }),
    () =>
      `${safe(path)}: ${count(events, 'event')}, ${count(commands, 'command')}.\n${isAll ? '' : leftOut('It', retired.right)}`,
  )()
}

/** Writes everything that the store holds into an archive, or goes on with that. */
const exporting = (path: string, options: ExportOptions): Work =>
  withSession('existing', (session, context) => async () => {
    const { from, format = 'ndjson' } = options
    const lines = FORMATS.get(format)
    if (lines === undefined) {
      return E.left(usage(`--format must be one of: ${[...FORMATS.keys()].join(', ')}.`))
    }
    if (from !== undefined && !isForeign(from)) {
      return E.left(usage(`--from must be one of: ${SYSTEMS.join(', ')}.`))
    }
    const file = await openPart(resolve(context.folder, path), lines)()
    if (E.isLeft(file)) return file
    try {
      return await exportTo(session, context, { path, options, lines, file: file.right })
    } finally {
      await file.right.close()
    }
  })

export const registerExport: Register = (program, perform) =>
  program
    .command('export')
    .description('write all events into an archive, or go on with an export that was interrupted')
    .argument('<file>', 'the archive to be written; until it is complete, <file>.part')
    .option('--format <name>', 'ndjson: JSON (the default); copy: rows as COPY writes them')
    .option('--from <library>', `from the tables of another one: ${SYSTEMS.join(', ')}`)
    .option('--from-schema <name>', 'with --from: where those are (default: public)')
    .action((file: string, options: ExportOptions, command: Command) =>
      perform(command, exporting(file, options)),
    )
