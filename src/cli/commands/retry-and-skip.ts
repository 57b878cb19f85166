import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { PartitionStatus } from '../../core/operator/status'
import type { Decision } from '../../core/ports/operator'
import { argument, count } from '../../core/text'
import { audited } from '../auditing'
import { decideAbout, type Decided } from '../deciding'
import { type CliFailure, failure, usage } from '../failure'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import {
  type Selection,
  selectionDetail,
  selectionOf,
  type SelectionOptions,
  selectionText,
} from '../selection'
import { explained, withSession } from '../session'

export interface SkipOptions extends SelectionOptions {
  readonly all?: boolean
}

/** Everything is skipped only with `--all`. */
const skipSelection = ({
  all = false,
  ...options
}: SkipOptions): E.Either<CliFailure, Selection> => {
  const selection = selectionOf(options)
  if (E.isLeft(selection)) return selection
  const isNamed = selection.right._tag !== 'All'
  if (isNamed !== all) return selection
  return E.left(
    usage(
      isNamed
        ? '--all goes with nothing else.'
        : 'A skipped event never has its effect, so select what to skip: --stream <id>, --position <n>, --command <id> or --all.',
    ),
  )
}

const nothing = (
  name: string,
  decision: Decision,
  selection: Selection,
  partitions: ReadonlyArray<PartitionStatus>,
): CliFailure => {
  const isStopped = decision === 'skip' && partitions.some(({ state }) => state === 'stopped')
  const hint = isStopped
    ? ` It is stopped: give the position that its failure names (npx reprise subscriptions ${argument(name)}).`
    : ''
  return failure('NothingHeld', `${name} holds nothing${selectionText(selection)}.${hint}`)
}

const verbs: Readonly<Record<Decision, string>> = { retry: 'Will be retried', skip: 'Skipped' }

const outcomes: Readonly<Record<Decision, string>> = { retry: 'will be retried', skip: 'skipped' }

const sizeOf = ({ resumed, events, commands }: Decided): number =>
  resumed.length + events.length + commands.length

const resumedText = (name: string, resumed: ReadonlyArray<number>, selection: Selection): string =>
  resumed.length === 0
    ? ''
    : `${
        selection._tag === 'Position'
          ? `${safe(name)} continues after position ${selection.position}`
          : `Resumed ${count(resumed.length, 'partition')} of ${safe(name)}`
      }. Where the stop has ended the program, start it again.\n`

/** The decisions, one per line. */
const decidedText = (verb: string, { events, commands }: Decided): string =>
  [
    ...events.map(
      ({ streamId, version, position, type }) =>
        `${verb}: ${safe(type)} at position ${position}, ${safe(streamId)} version ${version}\n`,
    ),
    ...commands.map((id) => `${verb}: command ${safe(id)}\n`),
  ].join('')

/** When the decision takes effect. */
const ownerText = (name: string, partitions: ReadonlyArray<PartitionStatus>): string =>
  partitions.every(({ owner }) => owner === undefined)
    ? `No program runs ${safe(name)} now: it takes effect when the application starts it.\n`
    : `Its owner acts on it within about two seconds. To see the result: npx reprise subscriptions ${safe(argument(name))}\n`

const decideWith =
  (given: string, decision: Decision, selected: E.Either<CliFailure, Selection>): Work =>
  (outer) =>
    pipe(
      TE.fromEither(selected),
      TE.flatMap((selection) =>
        withSession('existing', (session, context) =>
          pipe(
            TE.Do,
            TE.bind('found', () => session.operator.find(given)),
            TE.bindW('partitions', ({ found }) => session.operator.status(found.subscription)),
            explained(session),
            TE.bind('decided', ({ found: { subscription }, partitions }) =>
              audited(session, context)(
                { action: decision, subject: subscription, detail: selectionDetail(selection) },
                pipe(
                  decideAbout(session.operator, subscription, decision, selection),
                  explained(session),
                  TE.filterOrElse(
                    (decided) => sizeOf(decided) > 0,
                    () => nothing(subscription, decision, selection, partitions),
                  ),
                ),
                (decided) => `${count(sizeOf(decided), 'item')} ${outcomes[decision]}.`,
              ),
            ),
            TE.flatMap(({ found: { subscription }, partitions, decided }) =>
              answer(
                context,
                () => ({ subscription, ...decided }),
                () =>
                  resumedText(subscription, decided.resumed, selection) +
                  decidedText(verbs[decision], decided) +
                  ownerText(subscription, partitions),
              ),
            ),
          ),
        )(outer),
      ),
    )

export const registerRetry: Register = (program, perform) =>
  program
    .command('retry')
    .description('retry what a subscription could not handle, or resume it after a stop')
    .argument('<subscription>', 'its name, or that of the process manager or projection')
    .option('--stream <id>', 'only the held event of this stream')
    .option('--position <n>', 'only the event at this position')
    .option('--command <id>', 'only this command of a process manager')
    .action((name: string, options: SelectionOptions, command: Command) =>
      perform(command, decideWith(name, 'retry', selectionOf(options))),
    )

export const registerSkip: Register = (program, perform) =>
  program
    .command('skip')
    .description('skip what a subscription could not handle: it never has its effect')
    .argument('<subscription>', 'its name, or that of the process manager or projection')
    .option('--stream <id>', 'the held event of this stream')
    .option('--position <n>', 'the event at this position, also one that has stopped everything')
    .option('--command <id>', 'this command of a process manager')
    .option('--all', 'everything that is held')
    .action((name: string, options: SkipOptions, command: Command) =>
      perform(command, decideWith(name, 'skip', skipSelection(options))),
    )
