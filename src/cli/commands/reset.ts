import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { postgresSubscriptions } from '../../adapters/postgres/subscriptions/subscription-store'
import { fromEnd, fromPosition, fromStart, type Start } from '../../core/start'
import { type CliFailure, failure, usage } from '../failure'
import { wholeNumber } from '../numbers'
import { answer } from '../output/report'
import { briefly, count, safe } from '../output/text'
import { type PartitionView, partitionsOf } from '../read-side/partitions'
import { type Found, resolve } from '../read-side/resolve'
import type { Register } from '../register'
import type { Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

export interface ResetOptions {
  readonly to: string
  readonly yes?: boolean
  readonly takeOver?: boolean
}

const startOf = (to: string): E.Either<CliFailure, Start> => {
  if (to === 'start') return E.right(fromStart)
  if (to === 'end') return E.right(fromEnd)
  return pipe(
    wholeNumber('--to', to, 0),
    E.mapLeft(() => usage(`--to must be start, end or a position, and not ${to}.`)),
    E.map((position = 0) => fromPosition(position)),
  )
}

/** What speaks against it, apart from a missing `--yes`. */
const refusal = (
  { name, projection }: Found,
  views: ReadonlyArray<PartitionView>,
  takeOver: boolean,
): CliFailure | undefined => {
  if (projection !== null) {
    return failure(
      'IsProjection',
      `${name} keeps the documents of the projection ${projection}: with another checkpoint they would be wrong. Build them anew: npx reprise rebuild ${projection} --module <file>`,
    )
  }
  const owned = views.find(({ owner }) => owner !== null)
  if (owned === undefined || takeOver) return undefined
  const heard = owned.heartbeatAge === null ? '' : `, heard ${briefly(owned.heartbeatAge)} ago`
  return failure(
    'Owned',
    `${name} is running (owner ${owned.owner ?? ''}${heard}). Stop it first; or add --take-over: what its owner has in hand is then not saved, so those events may be handled twice.`,
  )
}

const consequences = (
  name: string,
  views: ReadonlyArray<PartitionView>,
  position: number,
): string => {
  const from = Math.min(...views.map((view) => view.position))
  const until = Math.max(...views.map((view) => view.position))
  const held = views.reduce((sum, { parked, waiting }) => sum + parked + waiting, 0)
  return [
    position < until ? `Events after ${position} are handled AGAIN, up to ${until}.` : '',
    position > from ? `Events after ${from} up to ${position} are NEVER handled.` : '',
    held > 0 ? `${count(held, 'held stream')} will be forgotten.` : '',
    name.startsWith('process:')
      ? 'The states of its processes and what they have asked for stay as they are.'
      : '',
  ]
    .filter((line) => line !== '')
    .join(' ')
}

const move = (session: Session, found: Found, position: number) =>
  pipe(
    postgresSubscriptions(session.db, { schema: session.schema }).reset(found.name, position),
    TE.mapLeft(explain(session)),
  )

/** Moves the checkpoint of a subscription. */
export const reset =
  (given: string, { to, yes = false, takeOver = false }: ResetOptions): Work =>
  (context) =>
    pipe(
      TE.fromEither(startOf(to)),
      TE.flatMap((start) =>
        withSession('existing', (session) =>
          pipe(
            TE.Do,
            TE.bind('found', () => resolve(session, given)),
            TE.bind('views', ({ found }) =>
              pipe(partitionsOf(session, found.name), TE.mapLeft(explain(session))),
            ),
            TE.bind('position', () =>
              pipe(session.store.locate(start), TE.mapLeft(explain(session))),
            ),
            TE.bind('end', () => pipe(session.store.locate(fromEnd), TE.mapLeft(explain(session)))),
            TE.flatMap(({ found, views, position, end }) => {
              const refused = refusal(found, views, takeOver)
              if (refused !== undefined) return TE.left(refused)
              if (position > end) {
                return TE.left(usage(`--to ${position}: subscribers can read up to ${end} only.`))
              }
              const meaning = consequences(found.name, views, position)
              if (!yes) {
                return TE.left(
                  usage(
                    `${found.name} would go on after ${position}. ${meaning} To do it, add --yes`,
                  ),
                )
              }
              return pipe(
                move(session, found, position),
                TE.flatMap(() =>
                  answer(
                    context,
                    () => ({ subscription: found.name, position }),
                    () => `${safe(found.name)} goes on after position ${position}. ${meaning}\n`,
                  ),
                ),
              )
            }),
          ),
        )(context),
      ),
    )

export const registerReset: Register = (program, perform) =>
  program
    .command('reset')
    .description('move the checkpoint of a subscription')
    .argument('<subscription>', 'its name, or that of the process manager')
    .option('--to <place>', 'start, end or a position', 'start')
    .option('--yes', 'do it')
    .option('--take-over', 'also while it is running: its owner loses what it has in hand')
    .action((name: string, options: ResetOptions, command: Command) =>
      perform(command, reset(name, options)),
    )
