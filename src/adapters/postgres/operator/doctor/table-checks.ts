import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { ok, problem, warning } from '../../../../core/operator/finding'
import { argument, firstThree } from '../../../../core/text'
import { HIGHEST_POSITION } from '../../schema/names'
import type { OperatedSchema } from '../operated-schema'
import type { Check } from './check'
import { immutability } from './immutability-check'
import { partitions } from './partitions-check'

interface AccessRow {
  readonly name: string
  readonly readable: boolean
  readonly writable: boolean
  /** Tables of the read side that it may not use as subscriptions do. */
  readonly lacking: ReadonlyArray<string>
}

/** What subscriptions, read models and process managers write. */
const READ_SIDE = [
  'subscriptions',
  'instances',
  'checkpoints',
  'held_streams',
  'documents',
  'document_places',
  'projections',
  'builds',
  'outbox',
  'rejections',
]

const privileges = `
select current_user::text as name,
       has_schema_privilege($1::text, 'usage')
         and has_table_privilege($2::text || '.events', 'select')
         and has_table_privilege($2::text || '.snapshots', 'select')
         and has_table_privilege($2::text || '.commands', 'select')
         and has_sequence_privilege($2::text || '.events_position_seq', 'select') as readable,
       has_sequence_privilege($2::text || '.events_position_seq', 'usage')
         and has_table_privilege($2::text || '.events', 'insert')
         and has_table_privilege($2::text || '.event_tags', 'insert')
         and has_table_privilege($2::text || '.commands', 'insert')
         and has_table_privilege($2::text || '.snapshots', 'insert')
         and has_table_privilege($2::text || '.snapshots', 'update') as writable,
       to_jsonb(array(select t.name from unnest($3::text[]) with ordinality as t(name, place)
             where not (has_table_privilege($2::text || '.' || t.name, 'select')
               and has_table_privilege($2::text || '.' || t.name, 'insert')
               and has_table_privilege($2::text || '.' || t.name, 'update')
               and has_table_privilege($2::text || '.' || t.name, 'delete'))
             order by t.place)) as lacking`

/** Whether the user of the connection has the rights that a store needs. */
const access = ({ name: schema, quoted, read }: OperatedSchema): Check => ({
  name: 'access',
  needs: 'tables',
  look: pipe(
    read<AccessRow>(privileges, [schema, quoted, READ_SIDE]),
    TE.map(([row]) => {
      const { name = '', readable = false, writable = false, lacking = [] } = row ?? {}
      const tables = READ_SIDE.map((table) => `${quoted}.${table}`).join(', ')
      const grants =
        `grant usage on schema ${quoted}; grant select on all tables in schema ${quoted}; grant usage, select on all ` +
        `sequences in schema ${quoted}; grant insert on ${quoted}.events, ${quoted}.event_tags, ` +
        `${quoted}.commands; grant insert, update on ${quoted}.snapshots; grant insert, update, delete on ${tables} (each: to the user)`
      if (!readable) {
        return problem('access', `${name} may not read everything`, `As the owner: ${grants}`)
      }
      const unlessMeant = `Unless this is meant, as the owner: ${grants}`
      if (!writable) {
        return warning('access', `${name} may read, but not append`, unlessMeant)
      }
      return lacking.length > 0
        ? warning(
            'access',
            `${name} may append, but not run subscriptions: no rights on ${firstThree(lacking)}`,
            unlessMeant,
          )
        : ok('access', `${name} may read, append and run subscriptions`)
    }),
  ),
})

interface AuditRow {
  readonly name: string
  readonly permitted: boolean
}

const auditPrivileges = `
select current_user::text as name,
       has_table_privilege($1::text || '.audit', 'insert')
         and has_table_privilege($1::text || '.audit', 'update') as permitted`

/** Whether the user of the connection may record what an operator does: what cannot be recorded is not done. */
const audit = ({ quoted, read }: OperatedSchema): Check => ({
  name: 'audit',
  needs: 'tables',
  look: pipe(
    read<AuditRow>(auditPrivileges, [quoted]),
    TE.map(([{ name, permitted } = { name: '', permitted: false }]) =>
      permitted
        ? ok('audit', `${name} may record what an operator does`)
        : warning(
            'audit',
            `${name} may not record what an operator does: retry, skip, reset and the like are refused`,
            `Unless this is meant, as the owner: grant insert, update on ${quoted}.audit (to the user)`,
          ),
    ),
  ),
})

interface SequenceRow {
  readonly cache: number
  readonly step: number
  readonly last: number
  /** The highest position that is stored. */
  readonly highest: number
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
                 from ${sequence})::double precision as last,
                coalesce((select max(e.position) from ${quoted}.events e), 0)::double precision as highest
         from pg_sequence s where s.seqrelid = $1::regclass`,
        [sequence],
      ),
      TE.map(([row]) => {
        const { cache = 0, step = 0, last = 0, highest = 0 } = row ?? {}
        if (highest > last) {
          return problem(
            'positions',
            `the sequence is at ${last}, behind the stored position ${highest}: appends and reads are refused`,
            `Run: select setval('${sequence.replaceAll("'", "''")}', (select max(position) from ${quoted}.events))`,
          )
        }
        if (cache !== 1 || step !== 1) {
          return problem(
            'positions',
            `positions are drawn with cache ${cache} and increment ${step}: subscribers may skip events`,
            `Run: alter sequence ${sequence} cache 1 increment 1`,
          )
        }
        return last > HIGHEST_POSITION / 2
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

const place = ({ name: schema, quoted, read }: OperatedSchema): Check => ({
  name: 'schema',
  needs: 'tables',
  look: pipe(
    read<{ readonly name: string }>(`select name from ${quoted}.store`),
    TE.map((rows) => {
      const made = rows[0]?.name
      if (made === schema) return ok('schema', 'its functions were made for its name')
      return problem(
        'schema',
        made === undefined
          ? 'the table store has no row: the schema was restored in parts'
          : `its functions were made for the name ${made}: the schema was renamed or copied`,
        made === undefined
          ? 'Restore the schema as a whole.'
          : `Run: npx reprise migrate --schema ${argument(schema)}`,
      )
    }),
  ),
})

interface StrayRow {
  readonly subscription: string
  readonly position: number
  readonly foreign: boolean
  readonly highest: number
}

// An empty store with checkpoints of another one keeps subscriptions only: their events are elsewhere.
const straysIn = (schema: string): string => `
select c.subscription, max(c.position)::double precision as "position",
       bool_or(c.lineage is not null and c.lineage <> s.lineage::text) as "foreign",
       s.highest::double precision as highest
from ${schema}.checkpoints c
  cross join (select lineage, (select coalesce(max(position), 0) from ${schema}.events) as highest
              from ${schema}.store) s
where case when c.lineage <> s.lineage::text then s.highest > 0 else c.position > s.highest end
group by c.subscription, s.highest
order by c.subscription
limit 20`

const lineage = ({ quoted, read }: OperatedSchema): Check => ({
  name: 'lineage',
  needs: 'tables',
  look: pipe(
    read<StrayRow>(straysIn(quoted)),
    TE.map((rows) => {
      const [first] = rows
      if (first === undefined) return ok('lineage', 'every checkpoint is of this store')
      const next = `Find out what is missing, then set each to where it continues: npx reprise reset ${argument(first.subscription)} --to <position>; rebuild projections.`
      const foreign = rows.filter((row) => row.foreign)
      return foreign.length > 0
        ? problem(
            'lineage',
            `checkpoints of another store, or of the time before a restore: ${firstThree(foreign.map((row) => row.subscription))}`,
            next,
          )
        : problem(
            'lineage',
            `checkpoints ahead of the store, which ends at ${first.highest}: ${firstThree(rows.map((row) => `${row.subscription} (${row.position})`))}`,
            `The store has lost events, or was restored. ${next} After a restore also: npx reprise doctor --new-lineage`,
          )
    }),
  ),
})

/** The checks of the tables. */
export const tableChecks = (schema: OperatedSchema): ReadonlyArray<Check> => [
  place(schema),
  access(schema),
  audit(schema),
  immutability(schema),
  positions(schema),
  lineage(schema),
  partitions(schema),
]
