import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { ok, problem, warning } from '../../../../core/operator/finding'
import { MAXIMUM_POSITION } from '../../../../core/stream'
import type { OperatedSchema } from '../operated-schema'
import type { Check } from './check'

interface AccessRow {
  readonly name: string
  readonly readable: boolean
  readonly writable: boolean
}

const privileges = `
select current_user::text as name,
       has_schema_privilege($1::text, 'usage')
         and has_table_privilege($2::text || '.events', 'select')
         and has_table_privilege($2::text || '.snapshots', 'select')
         and has_table_privilege($2::text || '.commands', 'select')
         and has_sequence_privilege($2::text || '.events_position_seq', 'select') as readable,
       has_table_privilege($2::text || '.events', 'insert')
         and has_table_privilege($2::text || '.commands', 'insert')
         and has_table_privilege($2::text || '.commands', 'delete')
         and has_table_privilege($2::text || '.snapshots', 'insert')
         and has_table_privilege($2::text || '.snapshots', 'update') as writable`

/** Whether the user of the connection has the rights that a store needs. */
const access = ({ name: schema, quoted, read }: OperatedSchema): Check => ({
  name: 'access',
  needs: 'tables',
  look: pipe(
    read<AccessRow>(privileges, [schema, quoted]),
    TE.map(([row]) => {
      const { name, readable, writable } = row ?? { name: '', readable: false, writable: false }
      const grants =
        `grant usage on schema ${quoted}; grant select, insert, update, delete on all tables in schema ` +
        `${quoted}; grant select on all sequences in schema ${quoted} (each: to the user)`
      if (!readable) {
        return problem('access', `${name} may not read everything`, `As the owner: ${grants}`)
      }
      return writable
        ? ok('access', `${name} may read and append`)
        : warning(
            'access',
            `${name} may read, but not append`,
            `Unless this is meant, as the owner: ${grants}`,
          )
    }),
  ),
})

interface TriggerRow {
  readonly name: string
  readonly enabled: string
  readonly role: string
}

const TRIGGERS = ['events_are_immutable', 'events_are_not_truncated']

const immutability = ({ quoted, read }: OperatedSchema): Check => ({
  name: 'immutability',
  needs: 'tables',
  look: pipe(
    read<TriggerRow>(
      `select tgname::text as name, tgenabled::text as enabled,
              current_setting('session_replication_role') as role
       from pg_trigger where tgrelid = $1::regclass and not tgisinternal`,
      [`${quoted}.events`],
    ),
    TE.map((rows) => {
      const active = rows.filter(({ enabled }) => enabled === 'O' || enabled === 'A')
      const gone = TRIGGERS.filter((name) => !active.some((row) => row.name === name))
      if (gone.length > 0) {
        return problem(
          'immutability',
          `events can be changed: the trigger ${gone.join(' and the trigger ')} is missing or disabled`,
          `Run: alter table ${quoted}.events enable trigger all`,
        )
      }
      return rows[0]?.role === 'replica'
        ? warning(
            'immutability',
            'session_replication_role is replica: triggers do not fire for this user',
            'Set it to origin, unless this is meant.',
          )
        : ok('immutability', 'events can be neither changed nor removed')
    }),
  ),
})

interface SequenceRow {
  readonly cache: number
  readonly step: number
  readonly last: number
}

const positions = ({ quoted, read }: OperatedSchema): Check => {
  const sequence = `${quoted}.events_position_seq`
  return {
    name: 'positions',
    needs: 'tables',
    look: pipe(
      read<SequenceRow>(
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
            'positions',
            `positions are drawn with cache ${cache} and increment ${step}: subscribers may skip events`,
            `Run: alter sequence ${sequence} cache 1 increment 1`,
          )
        }
        return last > MAXIMUM_POSITION / 2
          ? warning(
              'positions',
              `position ${last} is more than half of the largest one`,
              'Plan to move to a new store.',
            )
          : ok('positions', `the last one drawn is ${last}, cache is 1`)
      }),
    ),
  }
}

/** The checks of the tables. */
export const tableChecks = (schema: OperatedSchema): ReadonlyArray<Check> => [
  access(schema),
  immutability(schema),
  positions(schema),
]
