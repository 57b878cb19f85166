import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { processOf, processSubscription } from '../../core/process-manager'
import { count } from '../../core/text'
import {
  confirmed,
  FORCE,
  type ForceOptions,
  movedMeaning,
  ownersOf,
  type ActionTexts,
} from '../confirming'
import { wholeNumber } from '../numbers'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained } from '../session'

/** Renames a subscription. */
const rename = (name: string, to: string, { yes = false, force }: ForceOptions): Work => {
  const owners = ownersOf(force)
  const texts: ActionTexts = {
    flag: '--force',
    loss: ', so those events may be handled twice',
    projection: 'they are found by its name. To build them under another name, rename it there:',
  }
  return confirmed({ action: 'rename', name, yes, owners, texts }, (session, { subscription }) => {
    const isProcess = processOf(subscription) !== undefined
    const next = isProcess && processOf(to) === undefined ? processSubscription(to) : to
    return TE.right({
      wouldBe: `${subscription} would be renamed to ${next}.`,
      meaning: [
        `A program that still declares ${subscription} would create it again.`,
        isProcess ? 'The states of its processes and its outbox are renamed with it.' : '',
      ],
      detail: { to: next },
      run: pipe(
        session.operator.rename(subscription, next, owners),
        explained(session),
        TE.map(() => ({
          json: { subscription, renamed: next },
          done: `${safe(subscription)} is now called ${safe(next)}.`,
        })),
      ),
    })
  })
}

export interface RepartitionOptions extends ForceOptions {
  readonly fromLowest?: boolean
}

/** Changes the number of partitions of a subscription. */
const repartition = (
  name: string,
  text: string,
  { yes = false, force, fromLowest = false }: RepartitionOptions,
): Work => {
  const number = wholeNumber('<partitions>', text, 1)
  if (E.isLeft(number)) return () => TE.left(number.left)
  const partitions = number.right ?? 1
  const owners = ownersOf(force)
  const texts: ActionTexts = {
    flag: '--force',
    loss: ', so those events may be handled twice',
    projection: undefined,
  }
  return confirmed({ action: 'repartition', name, yes, owners, texts }, (session, subject) => {
    const { subscription } = subject
    const apart = fromLowest ? 'fromLowest' : 'refuse'
    const lowest = Math.min(...subject.partitions.map(({ position }) => position))
    return TE.right({
      wouldBe: `${subscription} would have ${count(partitions, 'partition')} instead of ${subject.partitions.length}.`,
      meaning: [
        'Programs must declare that number from then on.',
        ...(fromLowest ? movedMeaning(subject, lowest) : []),
      ],
      detail: { partitions, ...(fromLowest ? { fromLowest } : {}) },
      run: pipe(
        session.operator.repartition(subscription, { partitions, owners, apart }),
        explained(session),
        TE.map((position) => ({
          json: { subscription, partitions, position },
          done: `${safe(subscription)} has ${count(partitions, 'partition')}, at position ${position}.`,
        })),
      ),
    })
  })
}

export const registerRename: Register = (program, perform) =>
  program
    .command('rename')
    .description('rename a subscription, and keep its checkpoints')
    .argument('<subscription>', 'its name, or that of the process manager')
    .argument('<name>', 'the new name')
    .option('--yes', 'do it')
    .option('--force', FORCE)
    .action((name: string, to: string, options: ForceOptions, command: Command) =>
      perform(command, rename(name, to, options)),
    )

export const registerRepartition: Register = (program, perform) =>
  program
    .command('repartition')
    .description('change the number of partitions of a subscription')
    .argument('<subscription>', 'its name, or that of the process manager or projection')
    .argument('<partitions>', 'how many, 1 to 1024')
    .option(
      '--from-lowest',
      'even if its partitions are at different positions: events are then handled again',
    )
    .option('--yes', 'do it')
    .option('--force', FORCE)
    .action((name: string, number: string, options: RepartitionOptions, command: Command) =>
      perform(command, repartition(name, number, options)),
    )
