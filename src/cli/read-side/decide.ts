import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import type { StoreFailed } from '../../core/errors/store'
import type { Session } from '../session'

/** Which of the held events of a subscription. Both left out: all. */
export interface Which {
  readonly stream?: string
  readonly position?: number
}

export interface DecidedEvent {
  readonly streamId: string
  readonly version: number
  readonly position: number
  readonly type: string
}

// In one statement: a decision never meets another event than the one that the operator has seen.
const decideIn = (schema: string): string => `
update ${schema}.held_streams set decision = $2::text
where subscription = $1::text and ($3::text is null or stream_id = $3)
  and ($4::bigint is null or position = $4)
returning stream_id as "streamId", version, position::double precision as "position", type`

/** Tells the owner of a subscription to try held events again, or to go on after them. */
export const decideEvents = (
  { query, schema }: Session,
  subscription: string,
  decision: 'retry' | 'skip',
  { stream, position }: Which,
): TE.TaskEither<StoreFailed, ReadonlyArray<DecidedEvent>> =>
  query(decideIn(quoteIdentifier(schema)), [
    subscription,
    decision,
    stream ?? null,
    position ?? null,
  ])

const requestsIn: Readonly<Record<'retry' | 'skip', (schema: string) => string>> = {
  retry: (schema) => `
update ${schema}.requests set parked = false, due_at = clock_timestamp()
where 'process:' || process = $1::text and parked and ($2::text is null or id = $2) returning id`,
  skip: (schema) => `
delete from ${schema}.requests
where 'process:' || process = $1::text and parked and ($2::text is null or id = $2) returning id`,
}

/** Sends parked commands of a process manager again, or forgets them. Answers their ids. */
export const decideRequests = (
  { query, schema }: Session,
  subscription: string,
  decision: 'retry' | 'skip',
  request: string | undefined,
): TE.TaskEither<StoreFailed, ReadonlyArray<string>> =>
  pipe(
    query<{ readonly id: string }>(requestsIn[decision](quoteIdentifier(schema)), [
      subscription,
      request ?? null,
    ]),
    TE.map((rows) => rows.map(({ id }) => id)),
  )

const resumeIn = (schema: string): string => `
update ${schema}.checkpoints set failure = null
where subscription = $1::text and failure is not null returning partition`

/** Lets stopped partitions go on, with the event that has stopped them. Answers their numbers. */
export const resume = (
  { query, schema }: Session,
  subscription: string,
): TE.TaskEither<StoreFailed, ReadonlyArray<number>> =>
  pipe(
    query<{ readonly partition: number }>(resumeIn(quoteIdentifier(schema)), [subscription]),
    TE.map((rows) => rows.map(({ partition }) => partition)),
  )

const passIn = (schema: string): string => `
update ${schema}.checkpoints set failure = null, position = $3::bigint
where subscription = $1::text and partition = $2::integer and failure is not null
  and position < $3
returning partition`

/** Lets a stopped partition go on after `position`. Answers whether it did. */
export const passOver = (
  { query, schema }: Session,
  subscription: string,
  partition: number,
  position: number,
): TE.TaskEither<StoreFailed, boolean> =>
  pipe(
    query(passIn(quoteIdentifier(schema)), [subscription, partition, position]),
    TE.map((rows) => rows.length > 0),
  )
