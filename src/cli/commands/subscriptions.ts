import type { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { OutboxPage, PartitionStatus } from '../../core/operator/status'
import { processOf } from '../../core/process-manager'
import { wholeNumber } from '../numbers'
import { buildsText, commandsText, heldText, partitionText } from '../output/held'
import { answer } from '../output/report'
import { buildJson, commandJson, heldJson, subscriptionJson } from '../output/subscription-json'
import { horizonText, subscriptionsTable } from '../output/subscriptions'
import { leftOut, leftOutJson } from '../retired'
import type { Register, Work } from '../runtime'
import { explained, withSession } from '../session'

export interface SubscriptionsOptions {
  readonly limit?: string
}

/** How many held events, and how many commands, are shown by default. */
const FOR_PEOPLE = 5
const FOR_MACHINES = 1_000

/** Older ones have handled what is in the archive: nothing is archived before. */
const FROM_START = 'A subscription that begins now'

/** Shows every subscription. */
const all: Work = withSession('existing', (session, context) =>
  pipe(
    TE.Do,
    TE.bind('partitions', () => session.operator.status()),
    TE.bind('horizon', () => session.operator.horizon()),
    TE.bind('retired', () => session.operator.retired()),
    explained(session),
    TE.flatMap(({ partitions, horizon, retired }) =>
      answer(
        context,
        () => ({
          horizon,
          subscriptions: partitions.map(subscriptionJson),
          ...leftOutJson(retired),
        }),
        () =>
          `${subscriptionsTable(context.output, partitions)}\n${horizonText(horizon)}${leftOut(FROM_START, retired)}`,
      ),
    ),
  ),
)

const nothing: OutboxPage = { commands: [], more: false }

const sum = (
  partitions: ReadonlyArray<PartitionStatus>,
  number: (status: PartitionStatus) => number,
): number => partitions.reduce((total, status) => total + number(status), 0)

/** Shows one subscription, and what it could not handle. */
const one = (name: string, limit: number | undefined): Work =>
  withSession('existing', (session, context) => {
    const { operator } = session
    const most = limit ?? (context.json ? FOR_MACHINES : FOR_PEOPLE)
    return pipe(
      TE.Do,
      TE.bind('found', () => operator.find(name)),
      TE.bindW('partitions', ({ found }) => operator.status(found.subscription)),
      TE.bindW('held', ({ found }) =>
        operator.heldEvents(found.subscription, { after: 0, limit: most }),
      ),
      TE.bindW('outbox', ({ found }) => {
        const process = processOf(found.subscription)
        return process === undefined
          ? TE.right(nothing)
          : operator.outbox(process, { which: 'parked', after: 0, limit: most })
      }),
      TE.bindW('builds', ({ found: { projection } }) =>
        projection === undefined ? TE.right([]) : operator.builds(projection),
      ),
      TE.bindW('horizon', () => operator.horizon()),
      TE.bindW('retired', () => operator.retired()),
      explained(session),
      TE.flatMap(({ found: { subscription, projection }, builds, ...rest }) => {
        const { partitions, held, outbox, horizon, retired } = rest
        return answer(
          context,
          () => ({
            horizon,
            projection: projection ?? null,
            builds: builds.map(buildJson),
            subscriptions: partitions.map(subscriptionJson),
            held: held.events.map(heldJson),
            commands: outbox.commands.map(commandJson),
            more: { held: held.more, commands: outbox.more },
            ...leftOutJson(retired),
          }),
          () =>
            [
              subscriptionsTable(context.output, partitions),
              '\n',
              ...partitions.map(partitionText),
              buildsText(projection, builds),
              heldText(
                subscription,
                held,
                sum(partitions, ({ parked, waiting }) => parked + waiting),
              ),
              commandsText(
                subscription,
                outbox,
                sum(partitions, ({ parkedCommands }) => parkedCommands),
              ),
              `\n${horizonText(horizon)}`,
              leftOut(FROM_START, retired),
            ].join(''),
        )
      }),
    )
  })

/** Shows every subscription, or one with its errors. */
const subscriptions =
  (name: string | undefined, { limit }: SubscriptionsOptions): Work =>
  (context) =>
    pipe(
      TE.fromEither(wholeNumber('--limit', limit, 1)),
      TE.flatMap((number) => (name === undefined ? all : one(name, number))(context)),
    )

export const registerSubscriptions: Register = (program, perform) =>
  program
    .command('subscriptions')
    .description('show how far subscriptions are, who runs them, and what they could not handle')
    .argument('[name]', 'of a subscription, a process manager or a projection: with its errors')
    .option('--limit <n>', 'held events, and commands, that are shown at most')
    .action((name: string | undefined, options: SubscriptionsOptions, command: Command) =>
      perform(command, subscriptions(name, options)),
    )
