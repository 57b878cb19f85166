import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import { type CliFailure, failure } from '../failure'
import { explain, type Session } from '../session'

/** A subscription that is there. */
export interface Found {
  readonly name: string
  /** It keeps a build of this projection up to date. */
  readonly projection: string | null
}

interface FoundRow extends Found {
  readonly rank: number
}

const findIn = (schema: string): string => `
select s.name,
       (select p.name from ${schema}.projections p
        where p.collection = s.name or starts_with(s.name, p.name || '@')
        order by length(p.name) desc limit 1) as projection,
       case when s.name = $1::text then 1
            when s.name = 'process:' || $1 then 2
            when s.name = (select p.collection from ${schema}.projections p where p.name = $1) then 3
            else 4 end as rank
from ${schema}.subscriptions s
order by rank, s.name
limit 20`

const unknown = (name: string, rows: ReadonlyArray<FoundRow>): CliFailure =>
  failure(
    'NoSubscription',
    rows.length === 0
      ? `There is no subscription ${name}: no subscription has ever been started here.`
      : `There is no subscription ${name}. There is: ${rows.map((row) => row.name).join(', ')}.`,
  )

/**
 * The subscription that an operator means: by its name, by that of its process manager, or by that of
 * the projection whose active build it keeps.
 */
export const resolve = (session: Session, name: string): TE.TaskEither<CliFailure, Found> =>
  pipe(
    session.query<FoundRow>(findIn(quoteIdentifier(session.schema)), [name]),
    TE.mapLeft(explain(session)),
    TE.flatMap((rows) => {
      const [first] = rows
      return first === undefined || first.rank > 3
        ? TE.left(unknown(name, rows))
        : TE.right({ name: first.name, projection: first.projection })
    }),
  )
