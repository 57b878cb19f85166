import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { partitionsApart, subscriptionNotFound } from '../../../core/errors/operator'
import { storeFailed } from '../../../core/errors/store'
import { partitionsError, projectionError, runningError } from '../../../core/operator/actions'
import { partitionOf } from '../../../core/partition'
import type { Operator } from '../../../core/ports/operator'
import { FREE, guarded, seen, type SeenRow, subjectOf } from './guarded-action'
import type { OperatedSchema } from './operated-schema'

const heldStreamsIn = (schema: string): string =>
  `select stream_id from ${schema}.held_streams where subscription = $1::text`

// $3: how many partitions, $4: what to do if they are apart, $5 and $6: held streams with the partitions
// that they belong to then. Another stream is held meanwhile: nothing is done, and it is looked again.
const repartitionIn = (schema: string): string => `
with ${guarded(
  schema,
  `f.partitions <> $3::integer
     and (b.lowest = b.highest or ($4::text = 'fromLowest' and f.projection is null))
     and not exists (select from ${schema}.held_streams h
                     where h.subscription = $1 and h.stream_id <> all($5::text[]))`,
)}
sized as (
  update ${schema}.subscriptions set partitions = $3 where name in (select name from allowed)
),
surplus as (
  delete from ${schema}.checkpoints
  where subscription in (select name from allowed) and partition >= $3
),
moved as (
  update ${schema}.checkpoints
  set position = b.lowest, lineage = b.lineage, token = b.token + 1, failure = null, ${FREE}
  from bounds b
  where subscription in (select name from allowed) and partition < $3
),
added as (
  insert into ${schema}.checkpoints (subscription, partition, position, lineage, token)
  select f.name, number, b.lowest, b.lineage, b.token + 1
  from found f cross join bounds b cross join generate_series(f.partitions, $3 - 1) number
  where exists (select from allowed)
),
held as (
  update ${schema}.held_streams h set partition = m.partition
  from unnest($5::text[], $6::integer[]) as m(stream_id, partition)
  where h.subscription in (select name from allowed) and h.stream_id = m.stream_id
)
${seen}`

/** Something has changed between two looks, again and again. */
const neverQuiet = () =>
  storeFailed(
    'TransactionRefused',
    'nothingWritten',
    undefined,
    'streams are being held back at this moment: pause the subscription, and try again',
  )

const LOOKS = 5

/** Gives a subscription another number of partitions. */
export const repartition =
  ({ quoted, read, write }: OperatedSchema): Operator['repartition'] =>
  (subscription, { partitions, owners, apart }) => {
    const malformed = partitionsError(partitions)
    if (malformed !== undefined) return TE.left(malformed)
    const look = (looks: number): ReturnType<Operator['repartition']> =>
      pipe(
        read<{ readonly stream_id: string }>(heldStreamsIn(quoted), [subscription]),
        TE.map((rows) => rows.map(({ stream_id }) => stream_id)),
        TE.flatMap((streams) =>
          write<SeenRow>(repartitionIn(quoted), [
            subscription,
            owners,
            partitions,
            apart,
            streams,
            streams.map((streamId) => partitionOf(streamId, partitions)),
          ]),
        ),
        TE.flatMap(([row]): ReturnType<Operator['repartition']> => {
          if (row === undefined) return TE.left(subscriptionNotFound(subscription))
          const { lowest, highest, done } = row
          if (done || row.partitions === partitions) return TE.right(lowest)
          const subject = subjectOf(row)
          const tooFar =
            lowest === highest ? undefined : partitionsApart(subscription, lowest, highest)
          const error =
            runningError(subscription, subject, owners) ??
            (apart === 'refuse' ? tooFar : tooFar && projectionError(subscription, subject))
          if (error !== undefined) return TE.left(error)
          return looks > 1 ? look(looks - 1) : TE.left(neverQuiet())
        }),
      )
    return look(LOOKS)
  }
