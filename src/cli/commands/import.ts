import { resolve } from 'node:path'
import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { ImportProgress } from '../../core/ports/transfer'
import { categoryOf } from '../../core/stream'
import { argument, count } from '../../core/text'
import { decodedEvent } from '../../core/transfer/encoded-event'
import type { LineRules } from '../../core/transfer/judge'
import { decodeRecorded } from '../../shell/state/replay'
import { importArchive } from '../../shell/transfer/import-archive'
import { type CheckedArchive, checkArchive } from '../archive/check-archive'
import { writeRefused } from '../archive/refused-lines'
import { type AnyCategory, categoriesOf } from '../category-module'
import { type CliFailure, type ExitCode, failure } from '../failure'
import { progressPrinter } from '../output/progress'
import { safe } from '../output/text'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, type Session, withSession } from '../session'
import { exportsIn } from '../user-module'

export interface ImportOptions {
  readonly module?: string
  readonly refused?: string
}

/** Why an event is refused by the codec of its category; the events of other categories are not looked into. */
const acceptWith = (categories: ReadonlyArray<AnyCategory>): LineRules['accept'] => {
  const byName = new Map(categories.map((category) => [category.name, category]))
  return (event) => {
    const category = byName.get(categoryOf(event.streamId))
    if (category === undefined) return undefined
    const decoded = decodeRecorded(category, { ...decodedEvent(event), position: 0 })
    return E.isLeft(decoded)
      ? { reason: decoded.left._tag, message: decoded.left.message }
      : undefined
  }
}

interface Importing {
  readonly path: string
  readonly archive: CheckedArchive
  readonly refusedPath: string
  readonly accept: LineRules['accept']
}

const report = async (
  session: Session,
  { output, json, folder }: Context,
  { path, refusedPath }: Importing,
  progress: ImportProgress,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const { archive, events, commands, refused, isFinished } = progress
  if (!isFinished) {
    const message = `Interrupted after ${count(events, 'event')}. To go on: npx reprise import ${argument(path)}`
    return E.left(failure('Interrupted', message))
  }
  if (refused > 0) {
    const files = { from: resolve(folder, path), to: resolve(folder, refusedPath) }
    const written = await writeRefused(session.transfer, archive, files)()
    if (E.isLeft(written)) {
      return E.left('exitCode' in written.left ? written.left : explain(session)(written.left))
    }
  }
  const kept = refused === 0 ? null : refusedPath
  const about = refused === 0 ? '' : ` ${count(refused, 'line')} refused: see ${safe(refusedPath)}.`
  await output.write(
    json
      ? `${JSON.stringify({ imported: { archive: path, events, commands, refused, refusedLines: kept } })}\n`
      : `${safe(path)}: ${count(events, 'event')}, ${count(commands, 'command')}.${about}\n`,
  )
  return E.right(refused === 0 ? 0 : 1)
}

const importFrom = async (
  session: Session,
  context: Context,
  importing: Importing,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const { path, archive, accept } = importing
  const progress = progressPrinter(context, { archive: path })
  const imported = await untilInterrupted(context, (signal) =>
    importArchive(archive, {
      signal,
      accept,
      onProgress: ({ bytes }) => progress.show(bytes, archive.size),
    })(session)(),
  )
  await progress.end()
  if (E.isRight(imported)) return report(session, context, importing, imported.right)
  return E.left('exitCode' in imported.left ? imported.left : explain(session)(imported.left))
}

/** Brings the content of an archive into the store, or goes on with that. */
const importing =
  (path: string, { module, refused = `${path}.refused` }: ImportOptions): Work =>
  (context) =>
    pipe(
      module === undefined ? TE.right([]) : pipe(exportsIn(context, module), TE.map(categoriesOf)),
      TE.bindTo('categories'),
      TE.bind('archive', () => async () => {
        const checking = progressPrinter(context, { checking: path })
        const checked = await checkArchive(resolve(context.folder, path), checking.show)()
        await checking.end()
        return checked
      }),
      TE.flatMap(({ categories, archive }) =>
        withSession('existing', (session) => () => {
          const accept = acceptWith(categories)
          return importFrom(session, context, { path, archive, refusedPath: refused, accept })
        })(context),
      ),
    )

export const registerImport: Register = (program, perform) =>
  program
    .command('import')
    .description('bring the events of an archive in, or go on with an import that was interrupted')
    .argument('<file>', 'an archive that `reprise export` has written')
    .option('--module <file>', 'refuse events that the categories of this module cannot read')
    .option('--refused <file>', 'where refused lines are written (default: <file>.refused)')
    .action((file: string, options: ImportOptions, command: Command) =>
      perform(command, importing(file, options)),
    )
