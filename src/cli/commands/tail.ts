import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import {
  fromEnd,
  fromPosition,
  fromStart,
  type SubscriptionStart,
} from '../../core/subscription-start'
import { type CliFailure, usage } from '../failure'
import { follow } from '../following'
import { untilInterrupted, type Register, type Work } from '../runtime'
import { wholeNumber } from '../numbers'
import { tailPrinter } from '../output/tail'
import { explain, withSession } from '../session'

export interface TailOptions {
  readonly category?: ReadonlyArray<string>
  readonly type?: ReadonlyArray<string>
  readonly after?: string
  readonly from?: string
  readonly follow: boolean
}

const startOf = ({ after, from }: TailOptions): E.Either<CliFailure, SubscriptionStart> => {
  if (after !== undefined && from !== undefined) {
    return E.left(usage('Give either --after or --from, not both.'))
  }
  if (from === 'start') return E.right(fromStart)
  if (from !== undefined && from !== 'end') {
    return E.left(usage(`--from must be start or end; got ${from}.`))
  }
  return pipe(
    wholeNumber('--after', after, 0),
    E.map((position) => (position === undefined ? fromEnd : fromPosition(position))),
  )
}

/** Prints events as they become safe to read. */
export const tail =
  (options: TailOptions): Work =>
  (outer) =>
    pipe(
      TE.fromEither(startOf(options)),
      TE.flatMap((start) =>
        withSession('existing', (session, context) =>
          pipe(
            session.store.locate(start),
            TE.mapLeft(explain(session)),
            TE.flatMap(
              (after) => () =>
                untilInterrupted(context, (signal) =>
                  follow(
                    { session, context, printer: tailPrinter(context), signal },
                    {
                      after,
                      waits: options.follow,
                      ...(options.category === undefined ? {} : { categories: options.category }),
                      ...(options.type === undefined ? {} : { types: options.type }),
                    },
                  ),
                ),
            ),
          ),
        )(outer),
      ),
    )

const collect = (value: string, before: ReadonlyArray<string> = []): ReadonlyArray<string> => [
  ...before,
  value,
]

export const registerTail: Register = (program, perform) =>
  program
    .command('tail')
    .description('print events of the whole store as they become safe to read')
    .option('--category <category>', 'only of this category; may be given again', collect)
    .option('--type <type>', 'only of this type; may be given again', collect)
    .option('--after <position>', 'first what comes after this position')
    .option('--from <place>', 'start or end (default: end, so only what is new)')
    .option('--no-follow', 'stop at the end instead of waiting for more')
    .action((options: TailOptions, command: Command) => perform(command, tail(options)))
