import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { FailureNote } from '../../../core/errors/subscription'
import type { PendingOutboxCommand } from '../../../core/operator/status'
import type { Decision, Operator } from '../../../core/ports/operator'
import { epoch, type OperatedSchema } from './operated-schema'

interface CommandRow extends Omit<PendingOutboxCommand, 'timer' | 'failure'> {
  readonly timer: string | null
  readonly failure: FailureNote | null
}

const pendingIn = (schema: string): string => `
select sequence::double precision as sequence, process, key, id, command, metadata, attempts, timer,
       ${epoch('due_at')} as "dueAt", parked, failure
from ${schema}.outbox
where process = $1::text and sequence > $2::bigint and (parked or not $3::boolean)
order by sequence
limit $4::integer`

const deciding: Readonly<Record<Decision, (schema: string) => string>> = {
  retry: (schema) => `
with decided as (
  update ${schema}.outbox set parked = false, due_at = clock_timestamp()
  where process = $1::text and parked and id = any($2::text[]) returning id, sequence
)
select id from decided order by sequence`,
  skip: (schema) => `
with decided as (
  delete from ${schema}.outbox
  where process = $1::text and parked and id = any($2::text[]) returning id, sequence
)
select id from decided order by sequence`,
}

/** The commands of process managers that are not answered yet. */
export const outbox = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<Operator, 'outbox' | 'decideCommands'> => ({
  outbox: (process, { which, after, limit }) =>
    pipe(
      read<CommandRow>(pendingIn(quoted), [process, after, which === 'parked', limit + 1]),
      TE.map((rows) => ({
        commands: rows.slice(0, limit).map(({ timer, failure, ...row }) => ({
          ...row,
          timer: timer ?? undefined,
          failure: failure ?? undefined,
        })),
        more: rows.length > limit,
      })),
    ),
  decideCommands: (process, decision, ids) =>
    pipe(
      write<{ readonly id: string }>(deciding[decision](quoted), [process, ids]),
      TE.map((rows) => rows.map(({ id }) => id)),
    ),
})
