import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import {
  projectionOutdated,
  projectionSuperseded,
  type RebuildError,
} from '../../core/errors/projection'
import { subscriptionRemoved } from '../../core/errors/subscription'
import { stopAfter } from '../../core/poison'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import type { BuiltProjection } from '../../core/projection'
import type { RunOptions } from '../subscription/environment'
import { reporter } from '../notices/notices'
import { discard, prepareBuild, reportBegun, sweepAll } from './builds'
import type { ProjectionBackend, ProjectionEnvironment, ProjectionNotice } from './environment'
import { type Followed, followBuild, type ProjectionOptions } from './follow'

type Rebuilt = E.Either<RebuildError, ProjectionBuild | undefined>

/** The outcome of a build: readers see it, or it is deleted. */
const conclude = async <Transaction>(
  environment: ProjectionEnvironment<Transaction>,
  projection: string,
  build: ProjectionBuild,
  followed: Followed,
): Promise<Rebuilt> => {
  const active = await environment.documents.active(projection)()
  const isActive = E.isRight(active) && active.right?.collection === build.collection
  if (isActive || (E.isRight(followed) && followed.right === 'activated')) {
    await sweepAll(environment, projection) // of the old build, if `keepOldBuild` is 0
    return E.right(build)
  }
  const discarded = await discard(environment, projection, build)
  const isCancelled = environment.signal.aborted
  if (E.isLeft(followed)) {
    // An event that fails while the rebuild is cancelled does not matter any more.
    return isCancelled && followed.left._tag === 'SubscriptionStopped'
      ? E.right(undefined)
      : followed
  }
  if (E.isLeft(active)) return active
  if (E.isLeft(discarded)) return discarded
  if (followed.right === 'stopped') return E.right(undefined)
  return followed.right === 'removed' || active.right === undefined
    ? E.left(subscriptionRemoved(build.collection))
    : E.left(projectionSuperseded(projection, build, active.right))
}

const endless = (): AbortSignal => new AbortController().signal

/**
 * Rebuilds a projection beside the build that readers see, and activates the new build when it has caught up and
 * nothing of it is held: answers that build. It starts from scratch, whatever other rebuilds have left behind.
 * Processes that run the projection switch to it by themselves; the old build is kept for `keepOldBuild`. Aborting
 * `signal` cancels the rebuild: the answer is `undefined`. Unless readers see it, the new build is then deleted.
 *
 * The default poison policy is `stopAfter(5)`: an event that cannot be handled ends the rebuild. With `parkAfter` it
 * continues with the other streams, and waits for an operator.
 *
 * Fails with
 * - `ProjectionOutdated`: readers see a later version than this process declares. Nothing was built.
 * - `ProjectionSuperseded`: a later build has taken over meanwhile.
 * - `TablesNotCreated`: the tables of the projection could not be created. Nothing was built.
 * - `SubscriptionRemoved`: the build was removed meanwhile: by another instance, if this process hung for a minute.
 * - `SubscriptionStopped`, `SubscriptionMismatch`, `StoreFailed`: see `runSubscription`.
 *
 * @example
 * const rebuilt = await rebuildProjection(balances)(backend)()
 */
export const rebuildProjection =
  <State, Event, Needed = unknown>(
    projection: BuiltProjection<State, Event, Needed>,
    options: ProjectionOptions = {},
  ) =>
  <Transaction extends Needed>(
    backend: ProjectionBackend<Transaction>,
    { signal = endless(), onNotice }: Partial<RunOptions<ProjectionNotice>> = {},
  ): TaskEither<RebuildError, ProjectionBuild | undefined> =>
  async () => {
    const { name, version } = projection
    const environment = { ...backend, signal, ...(onNotice === undefined ? {} : { onNotice }) }
    const { documents } = backend
    const active = await documents.active(name)()
    if (E.isLeft(active)) return active
    const seen = active.right
    if (seen !== undefined && seen.version > version) {
      return E.left(projectionOutdated(name, version, seen.version))
    }
    const begun = await documents.begin(name, version)()
    if (E.isLeft(begun)) return begun
    const build = begun.right
    const report = reporter(environment, onNotice)
    const told = { projection: name, version, build: build.build }
    await reportBegun(backend, report, told)
    const prepared = await prepareBuild(backend, projection, build)
    if (E.isLeft(prepared)) {
      await discard(backend, name, build)
      report({ _tag: 'BuildEnded', ...told, outcome: prepared.left._tag })
      return prepared
    }
    if (seen === undefined) {
      const first = await documents.activate(name, build, options.keepOldBuild)()
      if (E.isLeft(first) || first.right.collection === build.collection) {
        const outcome = E.isLeft(first) ? first.left._tag : 'activated'
        report({ _tag: 'BuildEnded', ...told, outcome })
        return first
      }
    }
    const complete = { ...options, poison: options.poison ?? stopAfter(5) }
    const followed = await followBuild(projection, complete, environment, { build, isSeen: false })
    return conclude(environment, name, build, followed)
  }
