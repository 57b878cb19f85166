import type { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure } from '../failure'
import { decidedText, ownerHint } from '../output/decided'
import { answer } from '../output/report'
import { count } from '../output/text'
import { decideEvents, decideRequests, resume } from '../read-side/decide'
import { partitionsOf } from '../read-side/partitions'
import { resolve } from '../read-side/resolve'
import { type Pointed, pointed, pointedText, type WhichOptions } from '../read-side/which'
import type { Register } from '../register'
import type { Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

const isAll = ({ stream, position, request }: Pointed): boolean =>
  stream === undefined && position === undefined && request === undefined

const decideAll = (session: Session, name: string, which: Pointed) =>
  pipe(
    TE.Do,
    TE.bind('views', () => partitionsOf(session, name)),
    TE.bind('resumed', () => (isAll(which) ? resume(session, name) : TE.right([]))),
    TE.bind('events', () =>
      which.request === undefined ? decideEvents(session, name, 'retry', which) : TE.right([]),
    ),
    TE.bind('requests', () =>
      isAll(which) || which.request !== undefined
        ? decideRequests(session, name, 'retry', which.request)
        : TE.right([]),
    ),
    TE.mapLeft(explain(session)),
  )

/** Tries again what could not be handled. */
export const retry =
  (given: string, options: WhichOptions): Work =>
  (context) =>
    pipe(
      TE.fromEither(pointed(options)),
      TE.flatMap((which) =>
        withSession('existing', (session) =>
          pipe(
            resolve(session, given),
            TE.flatMap(({ name }) =>
              pipe(
                decideAll(session, name, which),
                TE.flatMap(({ views, resumed, events, requests }) =>
                  resumed.length + events.length + requests.length === 0
                    ? TE.left(
                        failure('NothingHeld', `${name} holds nothing back${pointedText(which)}.`),
                      )
                    : answer(
                        context,
                        () => ({ subscription: name, resumed, events, requests }),
                        () =>
                          (resumed.length === 0
                            ? ''
                            : `Resumed ${count(resumed.length, 'partition')} of ${name}. Where the stop has ended the program, start it again.\n`) +
                          decidedText('Tried again', events, requests) +
                          ownerHint(name, views),
                      ),
                ),
              ),
            ),
          ),
        )(context),
      ),
    )

export const registerRetry: Register = (program, perform) =>
  program
    .command('retry')
    .description('try again what a subscription could not handle, or let it go on after a stop')
    .argument('<subscription>', 'its name, or that of the process manager or projection')
    .option('--stream <id>', 'only what is held back of this stream')
    .option('--position <n>', 'only the event at this position')
    .option('--request <id>', 'only this command of a process manager')
    .action((name: string, options: WhichOptions, command: Command) =>
      perform(command, retry(name, options)),
    )
