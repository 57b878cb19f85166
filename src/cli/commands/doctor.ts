import type { Command } from 'commander'
import { styleText } from 'node:util'
import * as E from 'fp-ts/Either'
import { type Check, type Finding, problem, type Status } from '../doctor/check'
import { horizonCheck } from '../doctor/horizon'
import { migrationsCheck } from '../doctor/migrations'
import { serverChecks } from '../doctor/server'
import { tableChecks } from '../doctor/tables'
import { answer } from '../output/report'
import { table } from '../output/table'
import { count, safe } from '../output/text'
import type { Register } from '../register'
import type { Context, Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

interface Result extends Finding {
  readonly name: string
}

const checks: ReadonlyArray<Check> = [
  ...serverChecks,
  migrationsCheck,
  ...tableChecks,
  horizonCheck,
]

const examineAll = async (session: Session, now: () => number): Promise<ReadonlyArray<Result>> => {
  const results: Result[] = []
  let tables = true
  for (const { name, needs, examine } of checks) {
    if (needs === 'tables' && !tables) continue
    const finding = await examine(session, now)()
    if (E.isLeft(finding)) {
      results.push({ name, ...problem(explain(session)(finding.left).message, 'Mend this first.') })
      return results
    }
    results.push({ name, ...finding.right })
    if (name === migrationsCheck.name) tables = finding.right.status !== 'problem'
  }
  return results
}

const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const

const forPeople = ({ output }: Context, results: ReadonlyArray<Result>): string => {
  const paint = (status: Status): string =>
    output.colour ? styleText(colours[status], status) : status
  const { rows } = table(
    output,
    [
      { title: '', width: 7 },
      { title: '', width: 12 },
      { title: '', width: 0 },
    ],
    'between words',
  )
  const number = (status: Status) => results.filter((result) => result.status === status).length
  const lines = results.flatMap(({ status, name, found, advice }) => [
    [paint(status), name, safe(found)],
    ...(advice === undefined ? [] : [['', '', `-> ${safe(advice)}`]]),
  ])
  const [problems, warnings] = [number('problem'), number('warning')]
  const verdict =
    problems + warnings === 0
      ? 'All is well.'
      : `${count(problems, 'problem')}, ${count(warnings, 'warning')}.`
  return `${rows(lines)}\n${verdict}\n`
}

/** Looks at everything that a working store needs, and says what to do about the rest. */
export const doctor: Work = withSession('existing', (session, context) => async () => {
  const results = await examineAll(session, context.now)
  const healthy = results.every(({ status }) => status !== 'problem')
  const forMachines = () => ({ healthy, checks: results })
  await answer(context, forMachines, () => forPeople(context, results))()
  return E.right(healthy ? 0 : 1)
})

export const registerDoctor: Register = (program, perform) =>
  program
    .command('doctor')
    .description('find out whether the server, the tables and the connection are as they should be')
    .action((_options: object, command: Command) => perform(command, doctor))
