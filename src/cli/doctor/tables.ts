import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import { MAXIMUM_POSITION } from '../../core/stream'
import { accessCheck } from './access'
import { type Check, ok, problem, warning } from './check'

interface TriggerRow {
  readonly name: string
  readonly enabled: string
}

const TRIGGERS = ['events_are_immutable', 'events_are_not_truncated']

const immutability: Check = {
  name: 'immutability',
  needs: 'tables',
  examine: ({ query, schema }) =>
    pipe(
      query<TriggerRow & { readonly role: string }>(
        `select tgname::text as name, tgenabled::text as enabled,
                current_setting('session_replication_role') as role
         from pg_trigger where tgrelid = $1::regclass and not tgisinternal`,
        [`${quoteIdentifier(schema)}.events`],
      ),
      TE.map((rows) => {
        const active = rows.filter(({ enabled }) => enabled === 'O' || enabled === 'A')
        const gone = TRIGGERS.filter((name) => !active.some((row) => row.name === name))
        if (gone.length > 0) {
          return problem(
            `events can be changed: the trigger ${gone.join(' and the trigger ')} is missing or disabled`,
            `Run: alter table ${quoteIdentifier(schema)}.events enable trigger all`,
          )
        }
        return rows[0]?.role === 'replica'
          ? warning(
              'session_replication_role is replica: triggers do not fire for this user',
              'Set it to origin, unless this is meant.',
            )
          : ok('events can be neither changed nor removed')
      }),
    ),
}

interface SequenceRow {
  readonly cache: number
  readonly step: number
  readonly last: number
}

const positions: Check = {
  name: 'positions',
  needs: 'tables',
  examine: ({ query, schema }) => {
    const sequence = `${quoteIdentifier(schema)}.events_position_seq`
    return pipe(
      query<SequenceRow>(
        `select s.seqcache::double precision as cache, s.seqincrement::double precision as step,
                (select case when is_called then last_value else 0 end
                 from ${sequence})::double precision as last
         from pg_sequence s where s.seqrelid = $1::regclass`,
        [sequence],
      ),
      TE.map(([row]) => {
        const { cache = 0, step = 0, last = 0 } = row ?? {}
        if (cache !== 1 || step !== 1) {
          return problem(
            `positions are drawn with cache ${cache} and increment ${step}: subscribers may skip events`,
            `Run: alter sequence ${sequence} cache 1 increment 1`,
          )
        }
        return last > MAXIMUM_POSITION / 2
          ? warning(
              `position ${last} is more than half of the largest one`,
              'Plan to move to a new store.',
            )
          : ok(`the last one drawn is ${last}, cache is 1`)
      }),
    )
  },
}

export const tableChecks: ReadonlyArray<Check> = [accessCheck, immutability, positions]
