import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import type { SubscriptionError } from '../../core/errors/subscription'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import type { Projection } from '../../core/projection'
import { sleeper } from '../subscription/sleeper'
import { type SubscriptionOptions, settingsOf } from '../subscription/definition'
import { transactionEffects } from '../subscription/effects'
import { runSubscription } from '../subscription/run-subscription'
import { discard, hasCaughtUp } from './builds'
import type { ProjectionEnvironment } from './environment'
import { projectInto } from './project'

/** How a projection is run. Every key may be left out. */
export type ProjectionOptions = Pick<
  SubscriptionOptions,
  | 'partitions'
  | 'poison'
  | 'batchSize'
  | 'batchTime'
  | 'stopTimeout'
  | 'leaseDuration'
  | 'shortestPause'
  | 'longestPause'
>

/** The subscription that keeps a build up to date. */
const keep = <State, Event, Transaction>(
  projection: Projection<State, Event>,
  options: ProjectionOptions,
  environment: ProjectionEnvironment<Transaction>,
  { collection }: ProjectionBuild,
) => {
  const { subscriptions, documents } = environment
  const { categories } = projection
  const types = Object.keys(projection.events.schemaVersions)
  const chosen = categories === undefined ? {} : { categories }
  const settings = settingsOf({ ...options, ...chosen, name: collection }, types)
  const project = projectInto(projection, collection)
  const effects = transactionEffects<Transaction>(subscriptions, (events, transaction) =>
    project({ documents: documents.inTransaction(transaction), collection }, events),
  )
  return runSubscription(settings, environment, effects)
}

/** A build to work on, and the one that readers saw when that was decided. */
export interface Assignment {
  readonly build: ProjectionBuild
  readonly seen: ProjectionBuild | undefined
}

/** Why the work on a build has ended: it was asked to, it failed, or readers see another build now. */
export type Followed = E.Either<SubscriptionError, 'stopped' | 'activated' | 'superseded'>

const CHECK_INTERVAL = 200

/**
 * Keeps a build up to date until it is asked to stop, or until readers see another one than at the
 * beginning. A build that they do not see yet takes the place of the active one when it has caught up.
 */
export const followBuild = async <State, Event, Transaction>(
  projection: Projection<State, Event>,
  options: ProjectionOptions,
  environment: ProjectionEnvironment<Transaction>,
  { build, seen }: Assignment,
): Promise<Followed> => {
  const { documents, signal, observe } = environment
  const controller = new AbortController()
  const waiting = sleeper()
  let ended: E.Either<SubscriptionError, void> | undefined
  const kept = keep(projection, options, { ...environment, signal: controller.signal }, build)()
  const finished = kept.then((result) => {
    ended = result
    waiting.wake()
  })

  const look = async (): Promise<E.Either<StoreFailed, 'activated' | 'superseded' | undefined>> => {
    const active = await documents.active(projection.name)()
    if (E.isLeft(active)) return active
    if (active.right?.collection === build.collection) {
      // Somebody else who makes the same build may have activated it.
      return E.right(seen?.collection === build.collection ? undefined : 'activated')
    }
    if (active.right === undefined) return E.right(undefined)
    const isLater =
      active.right.version > build.version ||
      (active.right.version === build.version && active.right.build > build.build)
    if (isLater) return E.right('superseded')
    const caughtUp = await hasCaughtUp(environment, projection.name, build, active.right)
    if (E.isLeft(caughtUp) || !caughtUp.right)
      return E.isLeft(caughtUp) ? caughtUp : E.right(undefined)
    const activated = await documents.activate(projection.name, build)()
    if (E.isLeft(activated)) return activated
    if (activated.right.collection !== build.collection) return E.right(undefined) // not yet
    const { version, build: number } = build
    observe?.({ _tag: 'BuildActivated', projection: projection.name, version, build: number })
    const discarded = await discard(environment, active.right)
    return E.isLeft(discarded) ? discarded : E.right('activated')
  }

  let outcome: 'activated' | 'superseded' | undefined
  while (!signal.aborted && ended === undefined && outcome === undefined) {
    const seen = await look()
    if (E.isRight(seen)) outcome = seen.right
    if (outcome === undefined) await waiting.sleep(CHECK_INTERVAL, signal)
  }
  controller.abort()
  await finished
  if (ended !== undefined && E.isLeft(ended)) {
    // Another process may have removed the build because readers see the next one.
    const last = ended.left._tag === 'SubscriptionRemoved' ? await look() : E.right(undefined)
    if (E.isLeft(last) || last.right === undefined) return ended
    outcome = last.right
  }
  return E.right(outcome ?? 'stopped')
}
