import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import { type Check, ok, problem, warning } from './check'

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
export const accessCheck: Check = {
  name: 'access',
  needs: 'tables',
  examine: ({ query, schema }) => {
    const quoted = quoteIdentifier(schema)
    const grants =
      `grant usage on schema ${quoted}; grant select, insert, update, delete on all tables in schema ` +
      `${quoted}; grant select on all sequences in schema ${quoted} (each: to the user)`
    return pipe(
      query<AccessRow>(privileges, [schema, quoted]),
      TE.map(([row]) => {
        const { name, readable, writable } = row ?? { name: '', readable: false, writable: false }
        if (!readable) return problem(`${name} may not read everything`, `As the owner: ${grants}`)
        return writable
          ? ok(`${name} may read and append`)
          : warning(
              `${name} may read, but not append`,
              `Unless this is meant, as the owner: ${grants}`,
            )
      }),
    )
  },
}
