import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { ok, problem, warning } from '../../../../core/operator/finding'
import type { OperatedSchema } from '../operated-schema'
import type { Check } from './check'

interface TriggerRow {
  readonly name: string
  readonly active: boolean
  readonly role: string
}

const TRIGGERS = ['events_are_immutable', 'events_are_not_truncated']

// Every partition has triggers of its own.
const triggers = `
select w.name, bool_and(exists (
         select from pg_trigger t where t.tgrelid = r.id and t.tgname = w.name and t.tgenabled in ('O', 'A'))) as active,
       current_setting('session_replication_role') as role
from unnest($2::text[]) as w(name),
     (select $1::regclass::oid as id union all select inhrelid from pg_inherits where inhparent = $1::regclass) r
group by w.name`

/** Whether the database refuses to change events. */
export const immutability = ({ quoted, read }: OperatedSchema): Check => ({
  name: 'immutability',
  needs: 'tables',
  look: pipe(
    read<TriggerRow>(triggers, [`${quoted}.events`, TRIGGERS]),
    TE.map((rows) => {
      const gone = TRIGGERS.filter((name) => !rows.some((row) => row.active && row.name === name))
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
