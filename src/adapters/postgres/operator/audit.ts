import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { actionProblem, type AuditEntry, outcomeMessage } from '../../../core/operator/audit'
import type { Operator } from '../../../core/ports/operator'
import { epoch, type OperatedSchema } from './operated-schema'

interface AuditRow extends Omit<AuditEntry, 'outcome' | 'message'> {
  readonly outcome: AuditEntry['outcome']
  readonly message: string | null
}

const recording = (schema: string): string => `
insert into ${schema}.audit (operator, action, subject, detail)
values ($1::text, $2::text, $3::text, $4::text::jsonb)
returning sequence::double precision as sequence`

// The first outcome stands.
const concluding = (schema: string): string => `
update ${schema}.audit set outcome = $2::text, message = $3::text
where sequence = $1::bigint and outcome is null`

const newestFirst = (schema: string): string => `
select sequence::double precision as sequence, ${epoch('recorded_at')} as at, operator, action, subject, detail,
       coalesce(outcome, 'unknown') as outcome, message
from ${schema}.audit
where sequence < $1::bigint
order by sequence desc
limit $2::integer`

/** What operators have done. */
export const audit = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<Operator, 'recordAction' | 'recordOutcome' | 'audit'> => ({
  recordAction: (action) => {
    const problem = actionProblem(action)
    if (problem !== undefined) return TE.left(problem)
    const { operator, action: name, subject, detail } = action
    return pipe(
      write<{ readonly sequence: number }>(recording(quoted), [
        operator,
        name,
        subject,
        JSON.stringify(detail),
      ]),
      TE.map(([row]) => row?.sequence ?? 0),
    )
  },
  recordOutcome: (sequence, outcome) =>
    pipe(
      write(concluding(quoted), [sequence, outcome.outcome, outcomeMessage(outcome)]),
      TE.map(() => undefined),
    ),
  audit: ({ before, limit }) =>
    pipe(
      read<AuditRow>(newestFirst(quoted), [before, limit + 1]),
      TE.map((rows) => ({
        entries: rows
          .slice(0, limit)
          .map(({ message, ...row }) => ({ ...row, message: message ?? undefined })),
        more: rows.length > limit,
      })),
    ),
})
