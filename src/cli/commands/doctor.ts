import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type Finding, problem } from '../../core/operator/finding'
import { count } from '../../core/text'
import { audited } from '../auditing'
import { usage } from '../failure'
import { answer } from '../output/report'
import { table } from '../output/table'
import { oneLine, safe } from '../output/text'
import type { Register, Context, Work } from '../runtime'
import { explain, explained, withSession } from '../session'

type Level = Finding['level']

/** Green, yellow, red. */
const colours: Readonly<Record<Level, number>> = { ok: 32, warning: 33, problem: 31 }

const forPeople = ({ output }: Context, findings: ReadonlyArray<Finding>): string => {
  const paint = (level: Level): string =>
    output.colour ? `\u001b[${colours[level]}m${level}\u001b[39m` : level
  const { rows } = table(output, [
    { title: '', width: 7 },
    { title: '', width: 12 },
    { title: '', width: 0 },
  ])
  const number = (level: Level) => findings.filter((finding) => finding.level === level).length
  const lines = findings.flatMap(({ check, level, message, advice }) => [
    [paint(level), check, safe(oneLine(message))],
    ...(advice === undefined ? [] : [['', '', `-> ${safe(oneLine(advice))}`]]),
  ])
  const [problems, warnings] = [number('problem'), number('warning')]
  const verdict =
    problems + warnings === 0
      ? 'All is well.'
      : `${count(problems, 'problem')}, ${count(warnings, 'warning')}.`
  return `${rows(lines)}\n${verdict}\n`
}

/** Checks everything that a working store needs, and says how to fix what is wrong. */
const doctor: Work = withSession('existing', (session, context) => async () => {
  const examined = await session.operator.examine()()
  const findings = E.isRight(examined)
    ? examined.right
    : [
        problem(
          'server',
          explain(session)(examined.left).message,
          'Fix this, then run the command again.',
        ),
      ]
  const healthy = findings.every(({ level }) => level !== 'problem')
  const forMachines = () => ({ place: session.place, healthy, findings })
  await answer(context, forMachines, () => forPeople(context, findings))()
  return E.right(healthy ? 0 : 1)
})

/** After a restore: positions that subscriptions have reached before mean nothing any more. */
const restored = (yes: boolean): Work =>
  yes
    ? withSession('existing', (session, context) =>
        pipe(
          audited(session, context)(
            { action: 'new lineage', subject: session.schema, detail: {} },
            explained(session)(session.operator.newLineage()),
            (lineage) => `The store has the lineage ${lineage}.`,
          ),
          TE.flatMap((lineage) =>
            answer(
              context,
              () => ({ lineage }),
              () =>
                `The store now has the lineage ${lineage}. Subscriptions in other places that read it stop (OtherLineage) until they are reset; start all programs again.\n`,
            ),
          ),
        ),
      )
    : () =>
        TE.left(
          usage(
            'The store would get another lineage: for a store that was restored, or failed over to a replica that lagged. Subscriptions in other places that read it would stop until they are reset. To do it, add --yes',
          ),
        )

export interface DoctorOptions {
  readonly newLineage?: boolean
  readonly yes?: boolean
}

export const registerDoctor: Register = (program, perform) =>
  program
    .command('doctor')
    .description('check the server, the tables, the subscriptions and the connection')
    .option('--new-lineage', 'after a restore: earlier checkpoints no longer belong to this store')
    .option('--yes', 'with --new-lineage: do it')
    .action(({ newLineage = false, yes = false }: DoctorOptions, command: Command) =>
      perform(command, newLineage ? restored(yes) : doctor),
    )
