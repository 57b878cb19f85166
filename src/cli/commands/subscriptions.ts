import type { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { heldText, partitionText, requestsText } from '../output/held'
import { heldJson, subscriptionJson } from '../output/subscription-json'
import { horizonText, subscriptionsTable } from '../output/subscriptions'
import { answer } from '../output/report'
import { heldEventsOf, parkedRequestsOf } from '../read-side/held'
import { holders, horizonOf } from '../read-side/horizon'
import { partitionsOf } from '../read-side/partitions'
import { resolve } from '../read-side/resolve'
import type { Register } from '../register'
import type { Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

const horizonIn = (session: Session) =>
  pipe(
    TE.Do,
    TE.bind('holders', () => holders(session)),
    TE.bind('horizon', () => horizonOf(session)),
  )

/** Shows every subscription. */
const all: Work = withSession('existing', (session, context) =>
  pipe(
    TE.Do,
    TE.bind('views', () => partitionsOf(session)),
    TE.bind('store', () => horizonIn(session)),
    TE.mapLeft(explain(session)),
    TE.flatMap(({ views, store }) =>
      answer(
        context,
        () => ({
          horizon: { ...store.horizon, holders: store.holders },
          subscriptions: views.map(subscriptionJson),
        }),
        () =>
          `${subscriptionsTable(context.output, views)}\n${horizonText(store.horizon, store.holders)}`,
      ),
    ),
  ),
)

/** Shows one subscription, and all that it could not handle. */
const one = (name: string): Work =>
  withSession('existing', (session, context) =>
    pipe(
      resolve(session, name),
      TE.flatMap((found) =>
        pipe(
          TE.Do,
          TE.bind('views', () => partitionsOf(session, found.name)),
          TE.bind('held', () => heldEventsOf(session, found.name)),
          TE.bind('requests', () => parkedRequestsOf(session, found.name)),
          TE.bind('store', () => horizonIn(session)),
          TE.mapLeft(explain(session)),
          TE.map((read) => ({ ...read, found })),
        ),
      ),
      TE.flatMap(({ found, views, held, requests, store }) =>
        answer(
          context,
          () => ({
            horizon: { ...store.horizon, holders: store.holders },
            projection: found.projection,
            subscriptions: views.map(subscriptionJson),
            held: held.map(heldJson),
            requests,
          }),
          () =>
            `${subscriptionsTable(context.output, views)}\n${views.map(partitionText).join('')}` +
            `${heldText(found.name, held)}${requestsText(found.name, requests)}\n` +
            horizonText(store.horizon, store.holders),
        ),
      ),
    ),
  )

export const registerSubscriptions: Register = (program, perform) =>
  program
    .command('subscriptions')
    .description('show how far subscriptions are, who runs them, and what they could not handle')
    .argument('[name]', 'of a subscription, a process manager or a projection: with its errors')
    .action((name: string | undefined, _options: object, command: Command) =>
      perform(command, name === undefined ? all : one(name)),
    )
