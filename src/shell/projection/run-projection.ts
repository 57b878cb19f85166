import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import {
  type ProjectionOutdated,
  projectionOutdated,
  type SubscriptionError,
} from '../../core/errors/subscription'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import type { Projection } from '../../core/projection'
import { buildOf, discard } from './builds'
import type { ProjectionEnvironment } from './environment'
import { followBuild, type ProjectionOptions } from './follow'

/** The build that a process with this declaration works on. */
const buildFor = async <State, Event, Transaction>(
  { name, version }: Projection<State, Event>,
  { projections, observe }: ProjectionEnvironment<Transaction>,
): Promise<E.Either<StoreFailed | ProjectionOutdated, ProjectionBuild>> => {
  const active = await projections.active(name)()
  if (E.isLeft(active)) return active
  if (active.right === undefined) return projections.activate(name, buildOf(name, version, 1))()
  if (active.right.version === version) return E.right(active.right)
  if (active.right.version > version) {
    return E.left(projectionOutdated(name, version, active.right.version))
  }
  observe?.({ _tag: 'BuildBegun', projection: name, version, build: 1 })
  return E.right(buildOf(name, version, 1))
}

/**
 * Runs a projection: its documents and its checkpoint are written in one transaction, so each event has
 * its effect exactly once. Ends with a Right when `signal` is aborted and the batch in hand is done.
 *
 * The first build of all is seen by readers while it is being made. When the declared version is higher
 * than the one that readers see, the next build is made beside it and takes its place in one step when
 * it has caught up; the old one is then deleted.
 *
 * Fails with
 * - `ProjectionOutdated`: readers see a later version than this process declares.
 * - `SubscriptionStopped`, `SubscriptionMismatch`, `StoreFailed`: see `subscribe`.
 */
export const runProjection =
  <State, Event>(projection: Projection<State, Event>, options: ProjectionOptions = {}) =>
  <Transaction>(
    environment: ProjectionEnvironment<Transaction>,
  ): TaskEither<SubscriptionError | ProjectionOutdated, void> =>
  async () => {
    for (;;) {
      const build = await buildFor(projection, environment)
      if (E.isLeft(build)) return build
      const followed = await followBuild(projection, options, environment, build.right)
      if (E.isLeft(followed)) return followed
      if (followed.right === 'stopped') return E.right(undefined)
    }
  }

/**
 * Builds the same version of a projection anew, beside the build that readers see, and lets it take over
 * when it has caught up: answers that build. Processes that run the projection go over to it by
 * themselves. Aborting `signal` cancels it: what was built is deleted, and the answer is `undefined`.
 */
export const rebuildProjection =
  <State, Event>(projection: Projection<State, Event>, options: ProjectionOptions = {}) =>
  <Transaction>(
    environment: ProjectionEnvironment<Transaction>,
  ): TaskEither<SubscriptionError, ProjectionBuild | undefined> =>
  async () => {
    const { name, version } = projection
    const active = await environment.projections.active(name)()
    if (E.isLeft(active)) return active
    const before = active.right?.version === version ? active.right.build : 0
    const build = buildOf(name, version, before + 1)
    environment.observe?.({ _tag: 'BuildBegun', projection: name, version, build: build.build })
    if (active.right === undefined) return environment.projections.activate(name, build)()
    const followed = await followBuild(projection, options, environment, build)
    if (E.isLeft(followed)) return followed
    if (followed.right !== 'stopped') return E.right(build)
    const discarded = await discard(environment, build)
    return E.isLeft(discarded) ? discarded : E.right(undefined)
  }
