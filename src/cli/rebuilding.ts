import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { projectionOutdated } from '../core/errors/projection'
import type { ProjectionBuild } from '../core/ports/projection-store'
import { argument } from '../core/text'
import { buildOf, discard } from '../shell/projection/builds'
import { type CliFailure, failed, failure, usage } from './failure'
import type { AnyProjection } from './projection-module'
import { explain, type Session } from './session'

/** What a rebuild is going to do. */
export interface Plan {
  readonly projection: AnyProjection
  /** The build that readers see. */
  readonly active: ProjectionBuild
  /** The build that is made. */
  readonly next: ProjectionBuild
  /** Of the active build: whoever runs the projection expects as many of the next one. */
  readonly partitions: number
}

const neverBuilt = (name: string): CliFailure =>
  failure(
    'NeverBuilt',
    `Nobody has ever run the projection ${name} here, so there is nothing to build anew: start the application, which makes the first build. (One that is kept inline has no build.)`,
  )

const versionProblem = (
  { name, version }: AnyProjection,
  active: ProjectionBuild,
  yes: boolean,
): CliFailure | undefined => {
  if (version < active.version) return failed(projectionOutdated(name, version, active.version))
  return version > active.version && !yes
    ? usage(
        `The module declares version ${version} of ${name}, and readers see version ${active.version}: programs that declare ${active.version} will stop when the new one takes over. To build it all the same, add --yes`,
      )
    : undefined
}

/** Whether nobody makes this build already; what an interrupted rebuild has left is deleted. */
const cleared = (session: Session, next: ProjectionBuild): TE.TaskEither<CliFailure, void> =>
  pipe(
    session.operator.status(next.collection),
    TE.mapLeft(explain(session)),
    TE.flatMap((views) =>
      views.some(({ owner }) => owner !== undefined)
        ? TE.left(
            failure(
              'RebuildRunning',
              `Somebody is making ${next.collection} at this moment. To see how far it is: npx reprise subscriptions ${argument(next.collection)}`,
            ),
          )
        : forget(session, next),
    ),
  )

/** Deletes a build that readers do not see. */
const forget = (session: Session, build: ProjectionBuild): TE.TaskEither<CliFailure, void> =>
  pipe(() => discard(session, build), TE.mapLeft(explain(session)))

/** What has to be done, if it can be done. */
export const planRebuild = (
  session: Session,
  projection: AnyProjection,
  yes: boolean,
): TE.TaskEither<CliFailure, Plan> => {
  const { name, version } = projection
  return pipe(
    session.documents.active(name),
    TE.mapLeft(explain(session)),
    TE.flatMap((active) => {
      if (active === undefined) return TE.left(neverBuilt(name))
      const problem = versionProblem(projection, active, yes)
      if (problem !== undefined) return TE.left(problem)
      const next = buildOf(name, version, active.version === version ? active.build + 1 : 1)
      return pipe(
        session.operator.status(active.collection),
        TE.mapLeft(explain(session)),
        TE.flatMapEither(([view]) =>
          view === undefined
            ? E.left(neverBuilt(name))
            : E.right({ projection, active, next, partitions: view.partitions }),
        ),
        TE.flatMap((plan) =>
          pipe(
            cleared(session, next),
            TE.map(() => plan),
          ),
        ),
      )
    }),
  )
}
