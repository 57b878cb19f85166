import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type CliFailure, failure, usage } from '../failure'
import { decidedText, ownerHint } from '../output/decided'
import { answer } from '../output/report'
import { decideEvents, decideRequests, passOver } from '../read-side/decide'
import { type PartitionView, partitionsOf } from '../read-side/partitions'
import { resolve } from '../read-side/resolve'
import { type Pointed, pointed, pointedText, type WhichOptions } from '../read-side/which'
import type { Register } from '../register'
import type { Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

export interface SkipOptions extends WhichOptions {
  readonly all?: boolean
}

const wanted = (options: SkipOptions): E.Either<CliFailure, Pointed> => {
  const which = pointed(options)
  if (E.isLeft(which)) return which
  const isNamed = Object.keys(which.right).length > 0
  if (isNamed !== (options.all === true)) return which
  return E.left(
    usage(
      isNamed
        ? '--all goes with nothing else.'
        : 'What is skipped never has its effect, so say what: --stream <id>, --position <n>, --request <id> or --all.',
    ),
  )
}

/** The partition that the event at `position` has stopped. */
const stoppedAt = (
  views: ReadonlyArray<PartitionView>,
  position: number | undefined,
): PartitionView | undefined =>
  position === undefined
    ? undefined
    : views.find(({ failure: note }) => note?.position === position)

const skipAll = (session: Session, name: string, which: Pointed) =>
  pipe(
    TE.Do,
    TE.bind('views', () => partitionsOf(session, name)),
    TE.bind('events', () =>
      which.request === undefined ? decideEvents(session, name, 'skip', which) : TE.right([]),
    ),
    TE.bind('requests', () =>
      which.stream === undefined && which.position === undefined
        ? decideRequests(session, name, 'skip', which.request)
        : TE.right([]),
    ),
    TE.bind('resumed', ({ views }) => {
      const stopped = stoppedAt(views, which.position)
      return stopped === undefined || which.position === undefined
        ? TE.right([])
        : pipe(
            passOver(session, name, stopped.partition, which.position),
            TE.map((done) => (done ? [stopped.partition] : [])),
          )
    }),
    TE.mapLeft(explain(session)),
  )

const nothing = (name: string, which: Pointed, views: ReadonlyArray<PartitionView>): CliFailure => {
  const isStopped = views.some(({ state }) => state === 'stopped')
  const hint = isStopped
    ? ` It is stopped: give the position that its failure names (npx reprise subscriptions ${name}).`
    : ''
  return failure('NothingHeld', `${name} holds nothing back${pointedText(which)}.${hint}`)
}

/** Goes on after what could not be handled: it never has its effect. */
export const skip =
  (given: string, options: SkipOptions): Work =>
  (context) =>
    pipe(
      TE.fromEither(wanted(options)),
      TE.flatMap((which) =>
        withSession('existing', (session) =>
          pipe(
            TE.Do,
            TE.bind('found', () => resolve(session, given)),
            TE.bind('done', ({ found }) => skipAll(session, found.name, which)),
            TE.flatMap(({ found: { name }, done: { views, events, requests, resumed } }) =>
              resumed.length + events.length + requests.length === 0
                ? TE.left(nothing(name, which, views))
                : answer(
                    context,
                    () => ({ subscription: name, resumed, events, requests }),
                    () =>
                      (resumed.length === 0
                        ? ''
                        : `${name} goes on after position ${which.position ?? 0}. Where the stop has ended the program, start it again.\n`) +
                      decidedText('Skipped', events, requests) +
                      ownerHint(name, views),
                  ),
            ),
          ),
        )(context),
      ),
    )

export const registerSkip: Register = (program, perform) =>
  program
    .command('skip')
    .description('go on after what a subscription could not handle: it never has its effect')
    .argument('<subscription>', 'its name, or that of the process manager or projection')
    .option('--stream <id>', 'the held event of this stream')
    .option('--position <n>', 'the event at this position, also one that has stopped everything')
    .option('--request <id>', 'this command of a process manager')
    .option('--all', 'everything that is held back')
    .action((name: string, options: SkipOptions, command: Command) =>
      perform(command, skip(name, options)),
    )
