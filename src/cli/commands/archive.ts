import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { count } from '../../core/text'
import {
  archiveClosed,
  type ArchiveClosedOptions,
  type ArchivedClosed,
  countClosed,
} from '../../shell/transfer/archive-closed'
import { deliberate, type DeliberateOptions, reasonIn, typed } from '../deliberate'
import { type CliFailure, type ExitCode, failure, usage } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { safe } from '../output/text'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explained, type Session, withSession } from '../session'

export interface ArchiveOptions extends DeliberateOptions {
  readonly category?: string
  readonly closedBefore?: string
  readonly leaveOutTags?: boolean
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

const move = async (
  session: Session,
  context: Context,
  options: ArchiveClosedOptions,
  target: number,
): Promise<E.Either<CliFailure, ExitCode>> => {
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
  return E.right(moved.right.refusals === 0 ? 0 : 1)
}

/** Moves closed streams to the archive. Says first how many; does it with `--yes` and once the name of the schema was typed. */
export const archive = (options: ArchiveOptions): Work => {
  const { yes = false, leaveOutTags = false } = options
  const [reason, which] = [reasonIn(options), whichOf(options)]
  return withSession('existing', (session, context) => async () => {
    if (E.isLeft(reason)) return reason
    if (E.isLeft(which)) return which
    const found = await explained(session)(countClosed(which.right)(session))()
    if (E.isLeft(found)) return found
    const closed = count(found.right, 'closed stream')
    if (!yes && found.right > 0) {
      return E.left(
        usage(
          `${closed} would be moved to the archive: they are read by their ids as before, and seen no more by whatever starts from the beginning (a rebuild, a new subscription, an export). To do it, add --yes`,
        ),
      )
    }
    if (found.right > 0) {
      const confirmed = await typed(context, session.schema, options, {
        question: `This cannot be undone. Type the name of the schema to archive ${closed}: `,
        done: 'archived',
      })
      if (E.isLeft(confirmed)) return confirmed
    }
    const tagged = leaveOutTags ? 'leaveOut' : 'refuse'
    return move(
      session,
      context,
      { ...which.right, by: context.by, why: reason.right, tagged },
      found.right,
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
      .option(
        '--leave-out-tags',
        'also those whose events have tags: reads by tag see them no more',
      ),
    'schema',
  ).action((options: ArchiveOptions, command: Command) => perform(command, archive(options)))
