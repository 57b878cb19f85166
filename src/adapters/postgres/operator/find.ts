import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { subscriptionNotFound } from '../../../core/errors/operator'
import type { Operator } from '../../../core/ports/operator'
import { processSubscription } from '../../../core/process-manager'
import { buildOf, type OperatedSchema } from './operated-schema'

interface FoundRow {
  readonly name: string
  readonly projection: string | null
  readonly rank: number
}

const OTHER = 4
const MOST_NAMES = 20

const findIn = (schema: string): string => `
select s.name, build.name as projection,
       case when s.name = $1::text then 1
            when s.name = $2::text then 2
            when s.name = (select p.collection from ${schema}.projections p where p.name = $1) then 3
            else ${OTHER} end as rank
from ${schema}.subscriptions s
${buildOf(schema)}
order by rank, s.name
limit ${MOST_NAMES}`

/** The subscription that people mean by a name. */
export const find =
  ({ quoted, read }: OperatedSchema): Operator['find'] =>
  (name) =>
    pipe(
      read<FoundRow>(findIn(quoted), [name, processSubscription(name)]),
      TE.flatMap((rows) => {
        const [first] = rows
        return first === undefined || first.rank === OTHER
          ? TE.left(
              subscriptionNotFound(
                name,
                rows.map((row) => row.name),
              ),
            )
          : TE.right({ subscription: first.name, projection: first.projection ?? undefined })
      }),
    )
