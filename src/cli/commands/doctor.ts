import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { type Check, type Finding, problem, type Status } from '../doctor/check'
import { horizonCheck } from '../doctor/horizon'
import { migrationsCheck } from '../doctor/migrations'
import { serverChecks } from '../doctor/server'
import { ownersCheck, parkedCheck, projectionsCheck } from '../doctor/subscriptions'
import { tableChecks } from '../doctor/tables'
import { answer } from '../output/report'
import { table } from '../output/table'
import { count, safe } from '../output/text'
import type { Register } from '../register'
import type { Context, Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

/** How long an append may reasonably stay open, in seconds. */
const LONG = 10

/** How long a subscription may have no owner, or a read model be behind, in seconds. */
const LONGER = 60

interface Result extends Finding {
  readonly name: string
}

const checks: ReadonlyArray<Check> = [
  ...serverChecks,
  migrationsCheck,
  ...tableChecks,
  horizonCheck(LONG),
  ownersCheck(LONGER),
  parkedCheck,
  projectionsCheck(LONGER),
]

const examineAll = async (session: Session, now: () => number): Promise<ReadonlyArray<Result>> => {
  const results: Result[] = []
  let tables = true
  for (const { name, needs, examine } of checks) {
    if (needs === 'tables' && !tables) continue
    const finding = await examine(session, now)()
    if (E.isLeft(finding)) {
      const { message } = explain(session)(finding.left)
      results.push({ name, ...problem(message, 'Mend this, then run the command again.') })
      if (results.length === 1) return results // the server: nothing else can be looked at
      continue
    }
    results.push({ name, ...finding.right })
    if (name === migrationsCheck.name) tables = finding.right.status !== 'problem'
  }
  return results
}

/** Green, yellow, red. */
const colours: Readonly<Record<Status, number>> = { ok: 32, warning: 33, problem: 31 }

const forPeople = ({ output }: Context, results: ReadonlyArray<Result>): string => {
  const paint = (status: Status): string =>
    output.colour ? `\u001b[${colours[status]}m${status}\u001b[39m` : status
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
