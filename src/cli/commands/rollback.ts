import type { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { noEarlierBuild } from '../../core/errors/projection'
import type { BuildNumbers, BuildStatus, ProjectionBuild } from '../../core/ports/projection-store'
import { argument, count } from '../../core/text'
import { audited } from '../auditing'
import { type CliFailure, failed, failure, usage } from '../failure'
import { answer } from '../output/report'
import { moment, safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained, withSession } from '../session'

/** The two builds of a rollback. */
interface Plan {
  readonly from: BuildStatus
  readonly to: BuildStatus
}

const named = ({ version, build }: BuildNumbers): string => `build ${build} of version ${version}`

const planOf = (
  projection: string,
  builds: ReadonlyArray<BuildStatus>,
): TE.TaskEither<CliFailure, Plan> => {
  const from = builds.find(({ state }) => state === 'active')
  const to = builds.findLast(({ state }) => state === 'kept')
  if (from === undefined) {
    const message = `The projection ${projection} has never run here, so there is nothing to go back to. (An inline projection has no build.)`
    return TE.left(failure('NeverBuilt', message))
  }
  return to === undefined ? TE.left(failed(noEarlierBuild(projection))) : TE.right({ from, to })
}

/** The consequences of a rollback, before or after it. */
const meaningOf = ({ from, to }: Plan): ReadonlyArray<string> => {
  const { reached = 0, held, instances, version } = to
  const behind = (from.reached ?? 0) - reached
  return [
    from.version === version
      ? `Programs that run the projection switch to it; ${named(from)} is deleted.`
      : `Programs that declare version ${from.version} end (ProjectionRolledBack), and ${named(from)} is deleted.`,
    behind > 0
      ? `It is at position ${reached}, and ${named(from)} at ${from.reached}: a program that declares version ${version} brings it up to date.`
      : '',
    instances === 0
      ? `No program runs it now: start the release that declares version ${version}.`
      : '',
    held > 0
      ? `It holds ${count(held, 'stream')}: npx reprise subscriptions ${argument(to.collection)}`
      : '',
  ].filter((line) => line !== '')
}

const plain = ({ version, build, collection }: ProjectionBuild): ProjectionBuild => ({
  version,
  build,
  collection,
})

/** Goes back to the previous build. */
const rollback = (projection: string, yes: boolean): Work =>
  withSession('existing', (session, context) =>
    pipe(
      session.operator.builds(projection),
      explained(session),
      TE.flatMap((builds) => planOf(projection, builds)),
      TE.flatMap((plan) => {
        const { from, to } = plan
        const meaning = meaningOf(plan).map((line) => ` ${line}`)
        if (!yes) {
          const until =
            to.keptUntil === undefined ? '' : `, which is kept until ${moment(to.keptUntil)} UTC`
          return TE.left(
            usage(
              `Readers of ${projection} see ${named(from)}, and would see ${named(to)} again${until}.${meaning.join('')} To do it, add --yes`,
            ),
          )
        }
        return pipe(
          audited(session, context)(
            {
              action: 'rollback',
              subject: projection,
              detail: {
                from: { version: from.version, build: from.build },
                to: { version: to.version, build: to.build },
              },
            },
            explained(session)(session.operator.rollBack(projection, from)),
            (active) => `Readers see ${named(active)} again.`,
          ),
          TE.flatMap((active) =>
            answer(
              context,
              () => ({ projection, from: plain(from), to: plain(active) }),
              () =>
                `Readers of ${safe(projection)} see ${named(active)} again.${meaning.join('')}\n`,
            ),
          ),
        )
      }),
    ),
  )

export const registerRollback: Register = (program, perform) =>
  program
    .command('rollback')
    .description('go back to the previous build of a projection')
    .argument('<projection>', 'its name')
    .option('--yes', 'do it')
    .action((name: string, { yes = false }: { readonly yes?: boolean }, command: Command) =>
      perform(command, rollback(name, yes)),
    )
