import { resolve } from 'node:path'
import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { MOST_BYTES } from '../../core/operator/moving-to-files'
import { count } from '../../core/text'
import {
  archiveClosed,
  type ArchiveClosedOptions,
  type ArchivedClosed,
  countClosed,
} from '../../shell/transfer/archive-closed'
import { countArchived, moveToFile } from '../../shell/transfer/move-to-file'
import { archiveFile } from '../archive/archive-file'
import { deliberate, type DeliberateOptions, reasonIn, typed } from '../deliberate'
import { type CliFailure, type ExitCode, failure, usage } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { safe } from '../output/text'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, explained, type Session, withSession } from '../session'

export interface ArchiveOptions extends DeliberateOptions {
  readonly category?: string
  readonly closedBefore?: string
  readonly leaveOutTags?: boolean
  readonly to?: string
}

type Which = Pick<ArchiveClosedOptions, 'category' | 'closedBefore'>

/** `2026-01-01`, or a time as in ISO 8601. */
const whichOf = ({ category, closedBefore }: ArchiveOptions): E.Either<CliFailure, Which> => {
  const time = closedBefore === undefined ? undefined : Date.parse(closedBefore)
  if (Number.isNaN(time)) {
    return E.left(
      usage(`--closed-before must be a date, 2026-01-01 say; got ${closedBefore ?? ''}.`),
    )
  }
  return E.right({
    ...(category === undefined ? {} : { category }),
    ...(time === undefined ? {} : { closedBefore: time }),
  })
}

const forPeople = ({ streams, events, refused, refusals }: ArchivedClosed): string => {
  const lines = refused.map(
    ({ streamId, why }) => `not archived: ${safe(streamId)}: ${why.message}`,
  )
  const more = refusals > refused.length ? [`and ${refusals - refused.length} more`] : []
  const done = `${count(streams, 'stream')} with ${count(events, 'event')} moved to the archive.`
  return `${[...lines, ...more, done].join('\n')}\n`
}

const forMachines = ({ streams, events, refused, refusals }: ArchivedClosed) => ({
  archived: {
    streams,
    events,
    refusals,
    refused: refused.map(({ streamId, why }) => ({
      streamId,
      reason: why._tag,
      message: why.message,
    })),
  },
})

/** Moves closed streams to the archive of the store. Answers whether all were. */
const moveClosed = async (
  session: Session,
  context: Context,
  options: ArchiveClosedOptions,
  target: number,
): Promise<E.Either<CliFailure, boolean>> => {
  const progress = progressPrinter(context, { archiving: session.schema })
  const moved = await untilInterrupted(context, (signal) =>
    explained(session)(
      archiveClosed({
        ...options,
        signal,
        onProgress: (reached) => {
          progress.show(reached, Math.max(target, reached))
        },
      })(session),
    )(),
  )
  await progress.end()
  if (E.isLeft(moved)) return moved
  await answer(
    context,
    () => forMachines(moved.right),
    () => forPeople(moved.right),
  )()
  if (moved.right.isInterrupted) {
    return E.left(failure('Interrupted', 'Interrupted. Run it again to go on.'))
  }
  return E.right(moved.right.refusals === 0)
}

/** Moves archived streams on to a file. Answers whether all were. */
const moveOn = async (
  session: Session,
  context: Context,
  { by, why, category, closedBefore }: ArchiveClosedOptions,
  path: string,
): Promise<E.Either<CliFailure, boolean>> => {
  const which = {
    ...(category === undefined ? {} : { category }),
    ...(closedBefore === undefined ? {} : { closedBefore }),
  }
  const file = archiveFile(path)
  const found = await explained(session)(countArchived({ ...which, where: 'store' })(session))()
  if (E.isLeft(found)) return found
  const progress = progressPrinter(context, { file: file.name })
  const moved = await untilInterrupted(context, (signal) =>
    moveToFile<CliFailure>({
      ...{ ...which, by, why, file, signal },
      onProgress: (reached) => {
        progress.show(reached, Math.max(found.right, reached))
      },
    })(session)(),
  )
  await progress.end()
  if (E.isLeft(moved)) {
    return E.left('exitCode' in moved.left ? moved.left : explain(session)(moved.left))
  }
  const { streams, events, leftOut, isInterrupted } = moved.right
  await answer(
    context,
    () => ({ movedToFile: { file: file.name, streams, events, leftOut } }),
    () =>
      `${count(streams, 'stream')} with ${count(events, 'event')} moved to ${safe(path)}.\n${leftOut === 0 ? '' : `${count(leftOut, 'stream')} stay in the archive of the store: they have more than ${MOST_BYTES} bytes.\n`}`,
  )()
  if (isInterrupted) return E.left(failure('Interrupted', 'Interrupted. Run it again to go on.'))
  return E.right(leftOut === 0)
}

const move = async (
  session: Session,
  context: Context,
  options: ArchiveClosedOptions & { readonly to: string | undefined },
  target: number,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const { to, ...closed } = options
  const archived = await moveClosed(session, context, closed, target)
  if (E.isLeft(archived)) return archived
  const path = to === undefined ? undefined : resolve(context.folder, to)
  const moved = path === undefined ? E.right(true) : await moveOn(session, context, closed, path)
  if (E.isLeft(moved)) return moved
  return E.right(archived.right && moved.right ? 0 : 1)
}

/** How many streams would move, and where to, in words. */
const plan = async (
  session: Session,
  which: Which,
  to: string | undefined,
): Promise<E.Either<CliFailure, { readonly closed: number; readonly words: string }>> => {
  const closed = await explained(session)(countClosed(which)(session))()
  if (E.isLeft(closed)) return closed
  const first = count(closed.right, 'closed stream')
  if (to === undefined) return E.right({ closed: closed.right, words: first })
  const archived = await explained(session)(countArchived({ ...which, where: 'store' })(session))()
  if (E.isLeft(archived)) return archived
  const words = `${first}, and ${count(archived.right, 'archived stream')} that the store still has, all on to ${safe(to)}`
  return E.right({ closed: closed.right + archived.right, words })
}

/** Moves closed streams to the archive. Says first how many; does it with `--yes` and once the name of the schema was typed. */
export const archive = (options: ArchiveOptions): Work => {
  const { yes = false, leaveOutTags = false, to } = options
  const [reason, which] = [reasonIn(options), whichOf(options)]
  return withSession('existing', (session, context) => async () => {
    if (E.isLeft(reason)) return reason
    if (E.isLeft(which)) return which
    const found = await plan(session, which.right, to)
    if (E.isLeft(found)) return found
    const { closed, words } = found.right
    if (!yes && closed > 0) {
      return E.left(
        usage(
          `${words} would be moved to the archive: they are read by their ids as before, and seen no more by whatever starts from the beginning (a rebuild, a new subscription, an export). To do it, add --yes`,
        ),
      )
    }
    if (closed > 0) {
      const confirmed = await typed(context, session.schema, options, {
        question: `This cannot be undone. Type the name of the schema to archive ${words}: `,
        done: 'archived',
      })
      if (E.isLeft(confirmed)) return confirmed
    }
    const tagged = leaveOutTags ? 'leaveOut' : 'refuse'
    return move(
      session,
      context,
      { ...which.right, by: context.by, why: reason.right, tagged, to },
      closed,
    )
  })
}

export const registerArchive: Register = (program, perform) =>
  deliberate(
    program
      .command('archive')
      .description('move closed streams to the archive: read by their ids, and followed no more')
      .option('--category <name>', 'only those of this category')
      .option('--closed-before <date>', 'only those that were closed before: 2026-01-01')
      .option('--to <file>', 'and on to this file, out of the database')
      .option(
        '--leave-out-tags',
        'also those whose events have tags: reads by tag see them no more',
      ),
    'schema',
  ).action((options: ArchiveOptions, command: Command) => perform(command, archive(options)))
