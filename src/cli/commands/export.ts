import { resolve } from 'node:path'
import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { argument, count } from '../../core/text'
import { exportArchive } from '../../shell/transfer/export-archive'
import { openPart, type PartFile } from '../archive/part-file'
import { type CliFailure, failure } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { safe } from '../output/text'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

const interrupted = (path: string): CliFailure =>
  failure(
    'Interrupted',
    `Interrupted. What was exported is in ${safe(path)}.part. To go on: npx reprise export ${argument(path)}`,
  )

const exportTo = async (
  session: Session,
  context: Context,
  path: string,
  file: PartFile,
): Promise<E.Either<CliFailure, 0>> => {
  const progress = progressPrinter(context, { archive: path })
  const exported = await untilInterrupted(context, (signal) =>
    exportArchive<CliFailure>({
      soFar: file.soFar,
      write: (lines) => async () =>
        signal.aborted ? E.left(interrupted(path)) : file.write(lines)(),
      onProgress: progress.show,
    })(session)(),
  )
  await progress.end()
  if (E.isLeft(exported)) {
    return E.left('exitCode' in exported.left ? exported.left : explain(session)(exported.left))
  }
  const finished = await file.finish(exported.right)()
  if (E.isLeft(finished)) return finished
  const { events, commands, upTo } = exported.right
  return answer(
    context,
    () => ({ exported: { archive: path, events, commands, upTo } }),
    () => `${safe(path)}: ${count(events, 'event')}, ${count(commands, 'command')}.\n`,
  )()
}

/** Writes everything that the store holds into an archive, or goes on with that. */
const exporting = (path: string): Work =>
  withSession('existing', (session, context) => async () => {
    const file = await openPart(resolve(context.folder, path))()
    if (E.isLeft(file)) return file
    try {
      return await exportTo(session, context, path, file.right)
    } finally {
      await file.right.close()
    }
  })

export const registerExport: Register = (program, perform) =>
  program
    .command('export')
    .description('write all events into an archive, or go on with an export that was interrupted')
    .argument('<file>', 'the archive to be written; until it is complete, <file>.part')
    .action((file: string, _options: unknown, command: Command) =>
      perform(command, exporting(file)),
    )
