import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { SubscriptionError } from '../../core/errors/subscription'
import type { BuildStatus, ProjectionBuild } from '../../core/ports/projection-store'
import { type BuiltProjection, isTableProjection } from '../../core/projection'
import { isLaterBuild } from '../../core/projection-build'
import { sleeper } from '../subscription/sleeper'
import { type SubscriptionOptions, settingsOf } from '../subscription/definition'
import { transactionEffects } from '../subscription/effects'
import { startSubscription } from '../subscription/start-subscription'
import { sweepSome } from './builds'
import type { ProjectionEnvironment } from './environment'
import { projectInto } from './project'
import { tableEffects } from './table-effects'
import { reporter } from '../notices/notices'
import { performance } from '../../platform/node'

/** How a projection is run. Every key is optional. */
export interface ProjectionOptions extends Pick<
  SubscriptionOptions,
  | 'partitions'
  | 'poison'
  | 'batchSize'
  | 'batchTime'
  | 'handlerTimeout'
  | 'stopTimeout'
  | 'leaseDuration'
  | 'minPollInterval'
  | 'maxPollInterval'
> {
  /**
   * How long the previous build is kept when another one takes over: for readers of its version, and for a
   * rollback. Milliseconds, 0 to 3,155,760,000,000 (100 years). Default 86,400,000: a day.
   */
  readonly keepOldBuild?: number
}

/** Runs the subscription that keeps a build up to date. */
const keepUpToDate = <State, Event, Transaction>(
  projection: BuiltProjection<State, Event, Transaction>,
  options: ProjectionOptions,
  environment: ProjectionEnvironment<Transaction>,
  build: ProjectionBuild,
) => {
  const { subscriptions, documents } = environment
  const { categories } = projection
  const { collection } = build
  const types = Object.keys(projection.events.schemaVersions)
  const chosen = categories === undefined ? {} : { categories }
  const settings = settingsOf({ ...options, ...chosen, name: collection }, types)
  if (isTableProjection(projection)) {
    const effects = tableEffects(projection, subscriptions, documents, build)
    return startSubscription(settings, environment, effects)
  }
  const project = projectInto(projection, collection)
  const effects = transactionEffects<Transaction>(subscriptions, (events, transaction) =>
    project({ documents: documents.inTransaction(transaction), collection }, events),
  )
  return startSubscription(settings, environment, effects)
}

/** A build to work on. */
export interface Assignment {
  readonly build: ProjectionBuild
  /** Whether readers saw it when that was decided. */
  readonly isSeen: boolean
}

/**
 * Why the work on a build has ended: it was stopped, it failed, readers see the build from now on, a later one has
 * taken over, or it was removed.
 */
export type Followed = E.Either<
  SubscriptionError,
  'stopped' | 'activated' | 'superseded' | 'removed'
>

type Change = 'activated' | 'superseded' | 'removed'

/** How often the builds are looked at, in milliseconds: while one is being made, and while nothing changes. */
const CHECK_INTERVAL = 200
const IDLE_CHECK_INTERVAL = 10_000
const SWEEP_INTERVAL = 60_000

const isSeenBy = ({ state }: BuildStatus): boolean => state === 'active' || state === 'kept'

/** Activates a build once that is allowed. Reports how far it is, and what prevents the activation. */
const takingOver = <Transaction>(
  environment: ProjectionEnvironment<Transaction>,
  projection: string,
  keepFor: number | undefined,
) => {
  const { documents, wakeUps } = environment
  const report = reporter(environment, environment.onNotice)
  let heldBefore = 0
  let trouble = ''
  return async (
    mine: BuildStatus,
    active: BuildStatus | undefined,
  ): Promise<E.Either<StoreFailed, Change | undefined>> => {
    const { version, build, reached, held } = mine
    if (active !== undefined && isLaterBuild(active, mine)) return E.right('superseded')
    const target = active?.reached ?? 0
    if (reached === undefined) return E.right(undefined)
    report({ _tag: 'BuildProgress', projection, reached, target })
    // A build that was caught up falls behind for a moment with every event: what was told is not told again.
    if (reached < target) return E.right(undefined)
    if (held > 0 && held !== heldBefore) {
      report({ _tag: 'BuildHeldBack', projection, version, build, held })
    }
    heldBefore = held
    if (held > 0) return E.right(undefined)
    // The store decides: what was read above may be outdated.
    const activated = await documents.activate(projection, mine, keepFor)()
    if (E.isLeft(activated)) {
      const error = activated.left
      if (error.message !== trouble) {
        report({ _tag: 'BuildTroubled', projection, version, build, error })
      }
      trouble = error.message
      return activated
    }
    if (activated.right.collection !== mine.collection) return E.right(undefined)
    wakeUps.signal() // programs that follow the build before switch at once
    report({ _tag: 'BuildActivated', projection, version, build })
    return E.right('activated')
  }
}

/**
 * Keeps a build up to date until `signal` is aborted, until a newer build of the same version has replaced it, or
 * until it is removed. A build that readers do not see yet replaces the active one as soon as that is allowed, and
 * then this ends. Also deletes builds that are no longer needed.
 */
export const followBuild = async <State, Event, Transaction>(
  projection: BuiltProjection<State, Event, Transaction>,
  options: ProjectionOptions,
  environment: ProjectionEnvironment<Transaction>,
  assignment: Assignment,
): Promise<Followed> => {
  const followed = await follow(projection, options, environment, assignment)
  if (!assignment.isSeen) {
    const { version, build } = assignment.build
    const outcome = E.isLeft(followed) ? followed.left._tag : followed.right
    const report = reporter(environment, environment.onNotice)
    report({ _tag: 'BuildEnded', projection: projection.name, version, build, outcome })
  }
  return followed
}

const follow = async <State, Event, Transaction>(
  projection: BuiltProjection<State, Event, Transaction>,
  options: ProjectionOptions,
  environment: ProjectionEnvironment<Transaction>,
  { build, isSeen }: Assignment,
): Promise<Followed> => {
  const { documents, signal, wakeUps } = environment
  const { name } = projection
  const takeOver = takingOver(environment, name, options.keepOldBuild)
  const controller = new AbortController()
  const waiting = sleeper()
  let ended: E.Either<SubscriptionError, void> | undefined
  const kept = keepUpToDate(
    projection,
    options,
    { ...environment, signal: controller.signal },
    build,
  )()
  const finished = kept
    .catch((cause: unknown) => E.left(storeFailed('Unexpected', 'unknown', cause))) // a store that throws
    .then((result) => {
      ended = result
      waiting.wake()
    })

  const look = async (): Promise<E.Either<StoreFailed, Change | undefined>> => {
    const builds = await documents.builds(name)()
    if (E.isLeft(builds)) return builds
    const mine = builds.right.find(({ collection }) => collection === build.collection)
    switch (mine?.state) {
      case undefined:
      case 'removing':
        return E.right('removed')
      case 'building':
        return takeOver(
          mine,
          builds.right.find(({ state }) => state === 'active'),
        )
      case 'active':
        return E.right(isSeen ? undefined : 'activated')
      case 'kept': {
        const isNewer = (other: BuildStatus) =>
          isSeenBy(other) && other.version === mine.version && other.build > mine.build
        return E.right(builds.right.some(isNewer) ? 'superseded' : undefined)
      }
    }
  }

  let sweepAt = 0
  const sweep = async (): Promise<boolean> => {
    if (performance.now() < sweepAt) return false
    const more = await sweepSome(environment, name)
    const isMore = E.isRight(more) && more.right
    sweepAt = isMore ? 0 : performance.now() + SWEEP_INTERVAL
    return isMore
  }

  /** Nothing happens to a build that readers see unless another one takes over, and that wakes. */
  const checkInterval = (): number =>
    isSeen && options.maxPollInterval === undefined && wakeUps.isListening?.() === true
      ? IDLE_CHECK_INTERVAL
      : CHECK_INTERVAL

  const isEnded = (): boolean => ended !== undefined
  const unlisten = wakeUps.listen(waiting.wake)
  let outcome: Change | undefined
  while (!signal.aborted && !isEnded() && outcome === undefined) {
    const seen = await look()
    if (E.isRight(seen)) outcome = seen.right
    if (outcome !== undefined || (await sweep())) continue
    const woken = await waiting.sleep(checkInterval(), signal)
    if (woken && !isEnded()) await sleeper().sleep(CHECK_INTERVAL, signal) // every append wakes
  }
  unlisten()
  controller.abort()
  await finished
  if (ended !== undefined && E.isLeft(ended)) {
    // The build was removed, and its subscription with it.
    const last = ended.left._tag === 'SubscriptionRemoved' ? await look() : E.right(undefined)
    if (E.isLeft(last) || last.right === undefined) return ended
    outcome = last.right
  }
  return E.right(outcome ?? 'stopped')
}
