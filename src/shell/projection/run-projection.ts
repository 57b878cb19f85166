import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import {
  type ProjectionError,
  type ProjectionOutdated,
  projectionOutdated,
  type ProjectionRolledBack,
  type TablesNotCreated,
} from '../../core/errors/projection'
import type { StoreFailed } from '../../core/errors/store'
import type { BuiltProjection } from '../../core/projection'
import type { RunOptions } from '../subscription/environment'
import { reporter } from '../notices/notices'
import { onEachSource, type OnSources, runningOnSources } from '../sources'
import { discard, prepareBuild, reportBegun } from './builds'
import type { ProjectionBackend, ProjectionEnvironment, ProjectionNotice } from './environment'
import { type Assignment, followBuild, type ProjectionOptions } from './follow'

type Assigned = E.Either<
  StoreFailed | ProjectionOutdated | ProjectionRolledBack | TablesNotCreated,
  Assignment
>

/** The build that a process with this declaration works on. */
const buildFor = async <State, Event, Transaction>(
  projection: BuiltProjection<State, Event, Transaction>,
  options: ProjectionOptions,
  environment: ProjectionEnvironment<Transaction>,
): Promise<Assigned> => {
  const { name, version } = projection
  const { documents } = environment
  const seen = await documents.getManyOfVersion(name, version, [])()
  if (E.isLeft(seen)) return seen
  if (seen.right._tag === 'Found' && seen.right.build !== undefined) {
    return E.right({ build: seen.right.build, isSeen: true })
  }
  if (seen.right._tag === 'NoBuild' && seen.right.active.version > version) {
    return E.left(projectionOutdated(name, version, seen.right.active.version))
  }
  const joined = await documents.join(name, version)()
  if (E.isLeft(joined)) return joined
  const build = joined.right
  const prepared = await prepareBuild(environment, projection, build)
  if (E.isLeft(prepared)) {
    await discard(environment, name, build)
    return prepared
  }
  if (seen.right._tag === 'NoBuild') {
    const report = reporter(environment, environment.onNotice)
    await reportBegun(environment, report, { projection: name, version, build: build.build })
    return E.right({ build, isSeen: false })
  }
  const first = await documents.activate(name, build, options.keepOldBuild)()
  if (E.isLeft(first)) return first
  return first.right.collection === build.collection
    ? E.right({ build, isSeen: true })
    : buildFor(projection, options, environment) // another process was first
}

/** Runs a projection on one source. */
const runOnSource =
  <State, Event, Needed, Transaction extends Needed>(
    projection: BuiltProjection<State, Event, Needed>,
    options: ProjectionOptions,
    environment: ProjectionEnvironment<Transaction>,
  ): TaskEither<ProjectionError, void> =>
  async () => {
    for (;;) {
      const assigned = await buildFor(projection, options, environment)
      if (E.isLeft(assigned)) return assigned
      const followed = await followBuild(projection, options, environment, assigned.right)
      const isOver = E.isLeft(followed) || followed.right === 'stopped'
      // An unfinished build that no process works on is never continued: do not leave it behind.
      if (isOver && !assigned.right.isSeen) {
        await discard(environment, projection.name, assigned.right.build)
      }
      if (E.isLeft(followed)) return followed
      if (isOver) return E.right(undefined)
    }
  }

/**
 * Runs a projection: its documents and its checkpoint are written in one transaction, so each event has
 * its effect exactly once. Ends with a Right when `signal` is aborted and the current batch is done.
 *
 * Readers see the very first build while it is being made. When the declared version is higher than the active one,
 * the next build is made beside it, by all processes that declare that version, and replaces it in one step when it
 * has caught up and nothing of it is held. When the last of those processes stops before that, the build is deleted.
 * The old build is kept for `keepOldBuild`: a process that declares its version continues it, and
 * `rollBackProjection` goes back to it.
 *
 * Fails with
 * - `ProjectionOutdated`: readers see a later version than this process declares, and no build of its own version is
 *   kept any more.
 * - `ProjectionRolledBack`: an operator has gone back from the declared version.
 * - `TablesNotCreated`: the tables of the projection could not be created.
 * - `SubscriptionStopped`, `SubscriptionMismatch`, `SubscriptionRemoved`, `StoreFailed`: see `runSubscription`.
 *
 * @example
 * const running = runProjection(balances)(backend, { signal })()
 */
export const runProjection = <State, Event, Needed = unknown>(
  projection: BuiltProjection<State, Event, Needed>,
  options: ProjectionOptions = {},
) =>
  runningOnSources(
    <Transaction extends Needed>(
      backend: OnSources<ProjectionBackend<Transaction>>,
      running: RunOptions<ProjectionNotice>,
    ): TaskEither<ProjectionError, void> =>
      onEachSource(backend, running, (source, own) =>
        runOnSource(projection, options, { ...source, ...own }),
      ),
  )
