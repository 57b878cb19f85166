import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { ShardPart } from '../../../core/ports/shard'
import type { ShardMap } from '../../../core/slots'
import { type Executor, readRows, writeRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'

interface MapRow extends Pick<ShardMap, 'cluster' | 'shard' | 'shards' | 'epoch'> {
  readonly slots: string
  readonly moving: string
}

const numbersIn = (text: string): ReadonlyArray<number> =>
  text === '' ? [] : text.split(',').map(Number)

/** The map of the slots in a schema. */
export const slotMapIn = (schema: string) => {
  const name = quoteIdentifier(schema)
  const reading = `select cluster::text as cluster, shard, shards, epoch, array_to_string(slots, ',') as slots,
      array_to_string(moving, ',') as moving
    from ${name}.shard`
  const putting = `select ${name}.put_slot_map($1::uuid, $2::smallint, $3::smallint, $4::integer,
      $5::smallint[], $6::smallint[], $7::integer) as put`
  return (db: Executor): Pick<ShardPart<never>, 'readMap' | 'putMap'> => ({
    readMap: pipe(
      readRows<MapRow>(db, reading, []),
      TE.map(([row]) =>
        row === undefined
          ? undefined
          : { ...row, slots: numbersIn(row.slots), moving: numbersIn(row.moving) },
      ),
    ),
    putMap: ({ cluster, shard, shards, epoch, slots, moving }, replaces) =>
      pipe(
        writeRows<{ readonly put: boolean }>(db, 'statement', putting, [
          cluster,
          shard,
          shards,
          epoch,
          `{${slots.join(',')}}`,
          `{${moving.join(',')}}`,
          replaces,
        ]),
        TE.map(([row]) => row?.put === true),
      ),
  })
}
