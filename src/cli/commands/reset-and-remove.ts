import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { processOf } from '../../core/process-manager'
import {
  fromEnd,
  fromPosition,
  fromStart,
  type SubscriptionStart,
} from '../../core/subscription-start'
import { count } from '../../core/text'
import {
  confirmed,
  FORCE,
  type ForceOptions,
  movedMeaning,
  ownersOf,
  type ActionTexts,
  type Subject,
} from '../confirming'
import { type CliFailure, usage } from '../failure'
import { wholeNumber } from '../numbers'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained } from '../session'

const heldMeaning = ({ partitions }: Subject): string => {
  const held = partitions.reduce((sum, { parked, waiting }) => sum + parked + waiting, 0)
  return held > 0 ? `${count(held, 'held stream')} will be released.` : ''
}

const processMeaning = ({ subscription }: Subject): string =>
  processOf(subscription) === undefined
    ? ''
    : 'The states of its processes and its outbox stay as they are.'

export interface ResetOptions {
  readonly to: string
  readonly yes?: boolean
  readonly takeOver?: boolean
}

const startOf = (to: string): E.Either<CliFailure, SubscriptionStart> => {
  if (to === 'start') return E.right(fromStart)
  if (to === 'end') return E.right(fromEnd)
  return pipe(
    wholeNumber('--to', to, 0),
    E.mapLeft(() => usage(`--to must be start, end or a position; got ${to}.`)),
    E.map((position = 0) => fromPosition(position)),
  )
}

/** Moves the checkpoint of a subscription. */
const reset = (name: string, { to, yes = false, takeOver }: ResetOptions): Work => {
  const start = startOf(to)
  if (E.isLeft(start)) return () => TE.left(start.left)
  const owners = ownersOf(takeOver)
  const texts: ActionTexts = {
    flag: '--take-over',
    loss: ', so those events may be handled twice',
    projection: 'with another checkpoint they would be wrong. Rebuild them:',
  }
  return confirmed({ action: 'reset', name, yes, owners, texts }, (session, subject) =>
    pipe(
      TE.Do,
      TE.bind('position', () => session.store.locate(start.right)),
      TE.bind('end', () => session.store.locate(fromEnd)),
      explained(session),
      TE.flatMap(({ position, end }) => {
        const { subscription } = subject
        if (position > end) {
          return TE.left(usage(`--to ${position}: subscribers can read up to ${end} only.`))
        }
        return TE.right({
          wouldBe: `${subscription} would continue after position ${position}.`,
          meaning: [
            ...movedMeaning(subject, position),
            heldMeaning(subject),
            processMeaning(subject),
          ],
          detail: { position },
          run: pipe(
            session.operator.reset(subscription, position, owners),
            explained(session),
            TE.map(() => ({
              json: { subscription, position },
              done: `${safe(subscription)} continues after position ${position}.`,
            })),
          ),
        })
      }),
    ),
  )
}

/** Deletes a subscription that no program runs any more. */
const remove = (name: string, { yes = false, force }: ForceOptions): Work => {
  const owners = ownersOf(force)
  const texts: ActionTexts = {
    flag: '--force',
    loss: '',
    projection: 'a program that runs it would start over, on top of them. To rebuild them:',
  }
  return confirmed({ action: 'remove', name, yes, owners, texts }, (session, subject) => {
    const { subscription } = subject
    return TE.right({
      wouldBe: `${subscription} would be removed.`,
      meaning: [
        'A program that starts it again begins at its declared start.',
        heldMeaning(subject),
        processMeaning(subject),
      ],
      detail: {},
      run: pipe(
        session.operator.remove(subscription, owners),
        explained(session),
        TE.map(() => ({
          json: { subscription, removed: true },
          done: `${safe(subscription)} is removed.`,
        })),
      ),
    })
  })
}

export const registerReset: Register = (program, perform) =>
  program
    .command('reset')
    .description('move the checkpoint of a subscription')
    .argument('<subscription>', 'its name, or that of the process manager')
    .option('--to <place>', 'start, end or a position', 'start')
    .option('--yes', 'do it')
    .option('--take-over', FORCE)
    .action((name: string, options: ResetOptions, command: Command) =>
      perform(command, reset(name, options)),
    )

export const registerRemove: Register = (program, perform) =>
  program
    .command('remove')
    .description('remove a subscription that no program runs any more')
    .argument('<subscription>', 'its name, or that of the process manager')
    .option('--yes', 'do it')
    .option('--force', FORCE)
    .action((name: string, options: ForceOptions, command: Command) =>
      perform(command, remove(name, options)),
    )
