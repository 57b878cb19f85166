import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { type ProjectionOutdated, projectionOutdated } from '../../core/errors/projection'
import type { SubscriptionError } from '../../core/errors/subscription'
import type { Projection } from '../../core/projection'
import { buildOf } from './builds'
import type { RunOptions } from '../subscription/environment'
import type { ProjectionBackend, ProjectionEnvironment, ProjectionNotice } from './environment'
import { type Assignment, followBuild, type ProjectionOptions } from './follow'

/** The build that a process with this declaration works on. */
const buildFor = async <State, Event, Transaction>(
  { name, version }: Projection<State, Event>,
  { documents, observe }: ProjectionEnvironment<Transaction>,
): Promise<E.Either<StoreFailed | ProjectionOutdated, Assignment>> => {
  const active = await documents.active(name)()
  if (E.isLeft(active)) return active
  const seen = active.right
  if (seen === undefined) {
    const first = await documents.activate(name, buildOf(name, version, 1))()
    return E.isLeft(first) ? first : E.right({ build: first.right, seen: first.right })
  }
  if (seen.version === version) return E.right({ build: seen, seen })
  if (seen.version > version) return E.left(projectionOutdated(name, version, seen.version))
  observe?.({ _tag: 'BuildBegun', projection: name, version, build: 1 })
  return E.right({ build: buildOf(name, version, 1), seen })
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
 *
 * @example
 * const running = runProjection(balances)(backend, { signal })()
 */
export const runProjection =
  <State, Event>(projection: Projection<State, Event>, options: ProjectionOptions = {}) =>
  <Transaction>(
    backend: ProjectionBackend<Transaction>,
    running: RunOptions<ProjectionNotice>,
  ): TaskEither<SubscriptionError | ProjectionOutdated, void> =>
  async () => {
    const environment = { ...backend, ...running }
    for (;;) {
      const build = await buildFor(projection, environment)
      if (E.isLeft(build)) return build
      const followed = await followBuild(projection, options, environment, build.right)
      if (E.isLeft(followed)) return followed
      if (followed.right === 'stopped') return E.right(undefined)
    }
  }
