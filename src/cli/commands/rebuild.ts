import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { stopAfter } from '../../core/poison'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import { localWakeUps } from '../../core/ports/wake-ups'
import { argument, briefly } from '../../core/text'
import { rebuildProjection } from '../../shell/projection/rebuild-projection'
import { audited } from '../auditing'
import { type CliFailure, type ExitCode, failure, usage } from '../failure'
import { untilInterrupted, type Register, type Context, type Work } from '../runtime'
import { progressPrinter } from '../output/progress'
import { reportFailure } from '../output/report'
import { safe } from '../output/text'
import { leftOut } from '../retired'
import { type AnyProjection, projectionIn } from '../projection-module'
import { type Plan, planRebuild } from '../rebuilding'
import { wholeNumber } from '../numbers'
import { explain, type Session, withSession } from '../session'

export interface RebuildOptions {
  readonly module?: string
  readonly keepFor?: string
  readonly yes?: boolean
}

/** The default of `--keep-for`. Seconds: a day. */
const A_DAY = 86_400

interface Rebuilding extends Plan {
  /** How long the old build is kept. Seconds. */
  readonly keepFor: number
}

/** An event that fails so often ends the rebuild: readers must not get an incomplete build. */
const ATTEMPTS = 3

const unchanged = ({ active }: Plan): string =>
  `Readers see build ${active.build} of version ${active.version} as before.`

const said = (
  { output, json }: Context,
  { projection, active, keepFor }: Rebuilding,
  next: ProjectionBuild,
): Promise<void> => {
  const { name } = projection
  return output.write(
    json
      ? `${JSON.stringify({ activated: { projection: name, version: next.version, build: next.build, before: active } })}\n`
      : `Readers of ${safe(name)} see build ${next.build} of version ${next.version}; build ${active.build} of version ${active.version} ${keepFor === 0 ? 'is deleted' : `is kept for ${briefly(keepFor)}. To go back to it: npx reprise rollback ${safe(argument(name))}`}.\n`,
  )
}

const make = async (
  session: Session,
  context: Context,
  plan: Rebuilding,
  signal: AbortSignal,
): Promise<E.Either<CliFailure, ProjectionBuild>> => {
  const { projection, partitions, keepFor } = plan
  const progress = progressPrinter(context, { projection: projection.name })
  let troubled = ''
  // Behind a pooler nothing would be received, and a rebuild finds what it needs without being woken.
  const backend = { ...session, wakeUps: localWakeUps() }
  const rebuild = rebuildProjection(projection, {
    partitions,
    poison: stopAfter(ATTEMPTS),
    keepOldBuild: keepFor * 1_000,
  })
  const rebuilt = await rebuild(backend, {
    signal,
    onNotice: (notice) => {
      if (notice._tag === 'BuildProgress') progress.show(notice.reached, notice.target)
      if (notice._tag === 'BuildLeavesOut') {
        const { archivedStreams, archivedEvents, truncatedStreams, truncatedEvents } = notice
        const retired = { archivedStreams, archivedEvents, truncatedStreams, truncatedEvents }
        void context.output.write(
          context.json
            ? `${JSON.stringify({ leftOut: { projection: projection.name, ...retired } })}\n`
            : leftOut('The new build', retired),
        )
      }
      if (notice._tag !== 'SubscriptionTroubled' && notice._tag !== 'BuildTroubled') return
      if (notice.error.message === troubled) return
      troubled = notice.error.message
      void reportFailure(context.output, context.json, explain(session)(notice.error))
    },
  })()
  await progress.end()
  if (E.isLeft(rebuilt)) {
    const why = explain(session)(rebuilt.left)
    const isStopped = rebuilt.left._tag === 'SubscriptionStopped'
    return E.left(isStopped ? { ...why, message: `${why.message} ${unchanged(plan)}` } : why)
  }
  if (rebuilt.right === undefined) {
    const message = `Interrupted: the new build is deleted. ${unchanged(plan)}`
    return E.left(failure('Interrupted', message))
  }
  return E.right(rebuilt.right)
}

/** The same, in the audit. */
const recorded = async (
  session: Session,
  context: Context,
  plan: Rebuilding,
  signal: AbortSignal,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const made = await audited(session, context)(
    {
      action: 'rebuild',
      subject: plan.projection.name,
      detail: { version: plan.projection.version, keepFor: plan.keepFor },
    },
    () => make(session, context, plan, signal),
    ({ version, build }) => `Readers see build ${build} of version ${version}.`,
  )()
  if (E.isLeft(made)) return made
  await said(context, plan, made.right)
  return E.right(0)
}

const rebuildWith = (projection: AnyProjection, yes: boolean, keepFor: number): Work =>
  withSession('existing', (session, context) =>
    pipe(
      planRebuild(session, projection, yes),
      TE.flatMap(
        (plan) => () =>
          untilInterrupted(context, (signal) =>
            recorded(session, context, { ...plan, keepFor }, signal),
          ),
      ),
    ),
  )

/** Rebuilds a projection beside the build that readers see, and switches to it in one step. */
export const rebuild =
  (name: string, { module, keepFor, yes = false }: RebuildOptions): Work =>
  (context) =>
    module === undefined
      ? TE.left(
          usage(
            `A read model is made by the projection's own code: give the module that exports ${name}: --module <file>. (Or raise its version and start the application: it builds the new version beside the old one.)`,
          ),
        )
      : pipe(
          TE.Do,
          TE.bind('seconds', () => TE.fromEither(wholeNumber('--keep-for', keepFor, 0))),
          TE.bind('projection', () => projectionIn(context, module, name)),
          TE.flatMap(({ projection, seconds = A_DAY }) =>
            rebuildWith(projection, yes, seconds)(context),
          ),
        )

export const registerRebuild: Register = (program, perform) =>
  program
    .command('rebuild')
    .description('rebuild a projection beside the running build, and switch to it in one step')
    .argument('<projection>', 'its name')
    .option('--module <file>', 'a module that exports the projection')
    .option('--keep-for <seconds>', `how long the old build is kept (default: ${A_DAY}, a day)`)
    .option('--yes', 'even if the module declares a later version than readers see')
    .action((name: string, options: RebuildOptions, command: Command) =>
      perform(command, rebuild(name, options)),
    )
