import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { projectionOutdated } from '../core/errors/projection'
import type { ProjectionBuild } from '../core/ports/projection-store'
import { argument } from '../core/text'
import { type CliFailure, failed, failure, usage } from './failure'
import type { AnyProjection } from './projection-module'
import { explain, type Session } from './session'

/** The plan of a rebuild. */
export interface Plan {
  readonly projection: AnyProjection
  /** The build that readers see. */
  readonly active: ProjectionBuild
  /** The partitions of the active build: programs that run the projection declare the same number. */
  readonly partitions: number
}

const neverBuilt = (name: string): CliFailure =>
  failure(
    'NeverBuilt',
    `The projection ${name} has never run here, so there is nothing to rebuild: start the application, which makes the first build. (An inline projection has no build.)`,
  )

const versionProblem = (
  { name, version }: AnyProjection,
  active: ProjectionBuild,
  yes: boolean,
): CliFailure | undefined => {
  if (version < active.version) return failed(projectionOutdated(name, version, active.version))
  return version > active.version && !yes
    ? usage(
        `The module declares version ${version} of ${name}, but readers see version ${active.version}: programs that declare ${active.version} will stop when the new one takes over. To build it anyway, add --yes`,
      )
    : undefined
}

/** Whether this version is not being built already. */
const notBuilding = (
  session: Session,
  { name, version }: AnyProjection,
): TE.TaskEither<CliFailure, void> =>
  pipe(
    session.documents.builds(name),
    TE.mapLeft(explain(session)),
    TE.flatMapEither((builds) => {
      const running = builds.find(
        (build) => build.version === version && build.state === 'building' && build.instances > 0,
      )
      return running === undefined
        ? E.right(undefined)
        : E.left(
            failure(
              'RebuildRunning',
              `Another process is building ${running.collection} at this moment. To see its progress: npx reprise subscriptions ${argument(running.collection)}`,
            ),
          )
    }),
  )

/** The plan of a rebuild, or why it is not possible. */
export const planRebuild = (
  session: Session,
  projection: AnyProjection,
  yes: boolean,
): TE.TaskEither<CliFailure, Plan> => {
  const { name } = projection
  return pipe(
    session.documents.active(name),
    TE.mapLeft(explain(session)),
    TE.flatMap((active) => {
      if (active === undefined) return TE.left(neverBuilt(name))
      const problem = versionProblem(projection, active, yes)
      if (problem !== undefined) return TE.left(problem)
      return pipe(
        session.operator.status(active.collection),
        TE.mapLeft(explain(session)),
        TE.flatMapEither(([view]) =>
          view === undefined
            ? E.left(neverBuilt(name))
            : E.right({ projection, active, partitions: view.partitions }),
        ),
        TE.flatMap((plan) =>
          pipe(
            notBuilding(session, projection),
            TE.map(() => plan),
          ),
        ),
      )
    }),
  )
}
