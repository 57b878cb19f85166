import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import {
  projectionOutdated,
  projectionSuperseded,
  type RebuildError,
} from '../../core/errors/projection'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import type { Projection } from '../../core/projection'
import { buildOf, discard } from './builds'
import type { RunOptions } from '../subscription/environment'
import type { ProjectionBackend, ProjectionEnvironment, ProjectionNotice } from './environment'
import { type Followed, followBuild, type ProjectionOptions } from './follow'

type Rebuilt = E.Either<RebuildError, ProjectionBuild | undefined>

/** What has become of a build: readers see it, or it is deleted. */
const conclude = async <Transaction>(
  environment: ProjectionEnvironment<Transaction>,
  projection: string,
  build: ProjectionBuild,
  followed: Followed,
): Promise<Rebuilt> => {
  const active = await environment.documents.active(projection)()
  if (E.isLeft(active)) return E.isLeft(followed) ? followed : active
  if (active.right?.collection === build.collection) return E.right(build)
  const discarded = await discard(environment, build)
  if (E.isLeft(followed)) return followed
  if (E.isLeft(discarded)) return discarded
  return followed.right === 'stopped' || active.right === undefined
    ? E.right(undefined)
    : E.left(projectionSuperseded(projection, build, active.right))
}

const endless = (): AbortSignal => new AbortController().signal

/**
 * Builds a projection anew, beside the build that readers see, and lets it take over when it has caught
 * up: answers that build. Processes that run the projection go over to it by themselves. Aborting `signal`
 * cancels it: the answer is `undefined`. Unless readers see it, what was built is deleted.
 *
 * Fails with
 * - `ProjectionOutdated`: readers see a later version than this process declares. Nothing was built.
 * - `ProjectionSuperseded`: another, later build has taken over meanwhile.
 * - `SubscriptionStopped`, `SubscriptionMismatch`, `StoreFailed`: see `subscribe`.
 *
 * @example
 * const rebuilt = await rebuildProjection(balances)(backend)()
 */
export const rebuildProjection =
  <State, Event>(projection: Projection<State, Event>, options: ProjectionOptions = {}) =>
  <Transaction>(
    backend: ProjectionBackend<Transaction>,
    { signal = endless(), observe }: Partial<RunOptions<ProjectionNotice>> = {},
  ): TaskEither<RebuildError, ProjectionBuild | undefined> =>
  async () => {
    const { name, version } = projection
    const environment = { ...backend, signal, ...(observe === undefined ? {} : { observe }) }
    const { documents } = backend
    const active = await documents.active(name)()
    if (E.isLeft(active)) return active
    const seen = active.right
    if (seen !== undefined && seen.version > version) {
      return E.left(projectionOutdated(name, version, seen.version))
    }
    const before = seen?.version === version ? seen.build : 0
    const build = buildOf(name, version, before + 1)
    observe?.({ _tag: 'BuildBegun', projection: name, version, build: build.build })
    if (seen === undefined) return documents.activate(name, build)()
    const followed = await followBuild(projection, options, environment, { build, seen })
    return conclude(environment, name, build, followed)
  }
