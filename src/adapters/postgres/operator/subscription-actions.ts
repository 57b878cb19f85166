import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { subscriptionExists } from '../../../core/errors/operator'
import {
  missingError,
  newNameError,
  positionError,
  projectionError,
  runningError,
} from '../../../core/operator/actions'
import type { Operator } from '../../../core/ports/operator'
import { processOf } from '../../../core/process-manager'
import { isSubscriptionTaken } from '../connection/errors'
import { FREE, guarded, seen, type SeenRow, subjectOf } from './guarded-action'
import type { OperatedSchema } from './operated-schema'
import { repartition } from './repartition'

type Actions = Pick<Operator, 'reset' | 'remove' | 'rename' | 'repartition'>

/** Where the events are that checkpoints are about: `elsewhere` has a horizon of its own, and its operator looks at it. */
export type EventsPlace = 'here' | 'elsewhere'

const horizonIn = (schema: string, events: EventsPlace): string =>
  events === 'here' ? `${schema}.horizon()` : `${Number.MAX_SAFE_INTEGER}::bigint`

const resetIn = (schema: string, events: EventsPlace): string => `
with ${guarded(schema, `f.projection is null and $3::bigint <= ${horizonIn(schema, events)}`)}
forgotten as (
  delete from ${schema}.held_streams where subscription in (select name from allowed)
),
moved as (
  update ${schema}.checkpoints set position = $3, lineage = null, token = token + 1, failure = null, ${FREE}
  where subscription in (select name from allowed)
)
select x.*, ${horizonIn(schema, events)}::double precision as horizon
from (select 1) always left join (${seen}) x on true`

const removeIn = (schema: string): string => `
with ${guarded(schema, 'f.projection is null')}
removed as (
  delete from ${schema}.subscriptions where name in (select name from allowed)
)
${seen}`

// A process manager takes along what is found by its name; null is no process manager.
const renameIn = (schema: string): string => `
with taken as materialized (
  select exists (select from ${schema}.subscriptions where name = $3::text)
    or ($5::text is not null and (
      exists (select from ${schema}.outbox where process = $5)
      or exists (select from ${schema}.documents where collection = $3))) as already
),
${guarded(schema, 'f.projection is null and not (select already from taken)')}
freed as (
  update ${schema}.checkpoints set token = token + 1, ${FREE}
  where subscription in (select name from allowed)
),
renamed as (
  update ${schema}.subscriptions set name = $3 where name in (select name from allowed)
),
outbox as (
  update ${schema}.outbox set process = $5
  where process = $4::text and exists (select from allowed)
),
counted as (
  update ${schema}.rejections r set process = $5
  where process = $4 and exists (select from allowed)
    and not exists (select from ${schema}.rejections t where t.process = $5)
),
states as (
  update ${schema}.documents set collection = $3
  where collection = $1 and $4 is not null and exists (select from allowed)
)
select x.*, taken.already from taken left join (${seen}) x on true`

const doneOr = <Failure>(error: Failure | undefined): E.Either<Failure, void> =>
  error === undefined ? E.right(undefined) : E.left(error)

/** The actions that take a subscription out of the hands of its owners. */
export const subscriptionActions = (
  schema: OperatedSchema,
  events: EventsPlace = 'here',
): Actions => {
  const { quoted, write } = schema

  return {
    reset: (subscription, position, owners) => {
      const malformed = positionError(position, Infinity)
      if (malformed !== undefined) return TE.left(malformed)
      return pipe(
        write<{ readonly horizon: number } & (SeenRow | Record<keyof SeenRow, null>)>(
          resetIn(quoted, events),
          [subscription, owners, position],
        ),
        TE.flatMapEither(([row]) => {
          const known = row?.done === null ? undefined : row
          const subject = subjectOf(known)
          return doneOr(
            known?.done === true
              ? undefined
              : (positionError(position, row?.horizon ?? 0) ??
                  missingError(subscription, subject) ??
                  projectionError(subscription, subject) ??
                  runningError(subscription, subject, owners)),
          )
        }),
      )
    },
    remove: (subscription, owners) =>
      pipe(
        write<SeenRow>(removeIn(quoted), [subscription, owners]),
        TE.flatMapEither(([row]) => {
          const subject = subjectOf(row)
          return doneOr(
            missingError(subscription, subject) ??
              projectionError(subscription, subject) ??
              runningError(subscription, subject, owners),
          )
        }),
      ),
    rename: (subscription, to, owners) => {
      const malformed = newNameError(subscription, to)
      if (malformed !== undefined) return TE.left(malformed)
      return pipe(
        write<{ readonly already: boolean } & (SeenRow | Record<keyof SeenRow, null>)>(
          renameIn(quoted),
          [subscription, owners, to, processOf(subscription) ?? null, processOf(to) ?? null],
        ),
        TE.mapLeft((failed) =>
          isSubscriptionTaken(failed.cause) ? subscriptionExists(to) : failed,
        ),
        TE.flatMapEither(([row]) => {
          const known = row?.done === null ? undefined : row
          const subject = subjectOf(known)
          return doneOr(
            known?.done === true
              ? undefined
              : (missingError(subscription, subject) ??
                  (row?.already === true ? subscriptionExists(to) : undefined) ??
                  projectionError(subscription, subject) ??
                  runningError(subscription, subject, owners)),
          )
        }),
      )
    },
    repartition: repartition(schema),
  }
}
