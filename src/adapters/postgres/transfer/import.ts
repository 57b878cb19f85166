import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { importOvertaken } from '../../../core/errors/transfer'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { ImportBatch, ImportProgress, Refusal, Transfer } from '../../../core/ports/transfer'
import type { StreamId, StreamVersion } from '../../../core/stream'
import type { Origin } from '../connection/origin'
import { type Executor, named, readRows, writeRows } from '../connection/query'
import { ENDED_VERSION, eventsOf } from '../schema/names'
import { copyBatch } from './copied-batch'
import { toCommand } from './export'
import { type AnyBatch, eventColumns, finishing, preparing, tagColumns } from './import-columns'

const progress = (schema: string): string => `
select archive, lines::double precision as lines, bytes::double precision as bytes, events::double precision as events,
       commands::double precision as commands, refused::double precision as refused,
       finished_at is not null as "isFinished"
from ${schema}.imports where archive = $1::text`

const versions = (schema: string): string => `
select s.stream_id as "streamId", coalesce(e.closed, e.version, 0) as version, e.closed is not null as "isClosed",
       r.count::double precision as removals
from ${schema}.removals r, unnest($1::text[]) as s(stream_id) left join lateral (
  select version, case when version = ${ENDED_VERSION} then (data ->> 'version')::integer end as closed
  from ${schema}.events where stream_id = s.stream_id
  order by version desc limit 1) e on true`

const handled = (schema: string): string => `
select c.stream_id as "streamId", c.command_id as "commandId", c.after, c.event_count as "eventCount", c.fingerprint
from unnest($1::text[], $2::text[]) as m(stream_id, command_id)
  join ${schema}.commands c on c.stream_id = m.stream_id and c.command_id = m.command_id`

const storeBatch = (schema: string): string => `
select ${schema}.import_batch(
  $1::text, $2::bigint, $3::text[], $4::integer[], $5::text[], $6::integer, $7::boolean, ${eventsOf(schema)},
  $8::text[], $9::integer[], $10::uuid[], $11::text[], $12::smallint[], $13::double precision[], $14::text[], $15::text[],
  $16::integer[], $17::text[], $18::text[],
  $19::bigint, $20::bigint, $21::boolean, $22::bigint, $23::text[],
  $24::text[], $25::text[], $26::integer[], $27::integer[], $28::text[],
  $29::bigint[], $30::bigint[], $31::bigint[], $32::text[], $33::text[]) as outcome`

const refusals = (schema: string): string => `
select line::double precision as line, start::double precision as start, length::double precision as length,
       reason, message
from ${schema}.import_refusals where archive = $1::text and line > $2::bigint order by line limit $3::integer`

interface Found {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly isClosed: boolean
  readonly removals: number
}

type PoolOrigin = Extract<Origin, { _tag: 'Pool' }>

type HandledRow = Parameters<typeof toCommand>[0]

/**
 * Brings in what an archive holds.
 *
 * @param origin - on a pool events go by COPY.
 * @param signal - called after a batch that was stored.
 */
export const importing = (
  origin: Origin | undefined,
  direct: Executor,
  schema: string,
  signal: () => void,
): Pick<Transfer, 'beginImport' | 'lookForImport' | 'storeBatch' | 'storeRaw' | 'refusals'> => {
  const statement = named('import_batch', storeBatch(schema))
  const look = named('import_versions', versions(schema))
  const known = (archive: string) =>
    pipe(
      readRows<ImportProgress>(direct, progress(schema), [archive]),
      TE.flatMapEither(([row]) =>
        row === undefined
          ? E.left(storeFailed('Unexpected', 'nothingWritten', undefined, 'the import is gone'))
          : E.right(row),
      ),
    )
  const inOneStatement = (batch: ImportBatch) =>
    pipe(
      writeRows<{ readonly outcome: string }>(direct, 'statement', statement, [
        ...preparing(batch),
        ...eventColumns(batch.events),
        ...tagColumns(batch.events),
        ...finishing(batch),
      ]),
      TE.map(([row]) => row?.outcome),
    )
  const stored = (
    batch: AnyBatch,
    storing: TE.TaskEither<StoreFailed, string | undefined>,
  ): ReturnType<Transfer['storeBatch']> =>
    pipe(
      storing,
      TE.flatMapEither((outcome) => {
        if (outcome === 'overtaken') return E.left(importOvertaken(batch.from.archive))
        if (outcome !== 'stored') return E.right(undefined)
        signal()
        const { from, to, events, commands, refusals: refused } = batch
        return E.right({
          ...{ archive: from.archive, ...to, events: from.events + events.length },
          commands: from.commands + commands.length,
          refused: from.refused + refused.length,
        })
      }),
    )
  const throughCopy = (pool: PoolOrigin, batch: AnyBatch) =>
    stored(
      batch,
      batch.events.length === 0
        ? inOneStatement({ ...batch, events: [] }) // a small statement
        : copyBatch(pool, schema)(batch),
    )
  return {
    beginImport: (archive, completeTags) =>
      pipe(
        writeRows(direct, 'statement', `select ${schema}.begin_import($1::text, $2::text[])`, [
          archive,
          completeTags,
        ]),
        TE.flatMap(() => known(archive)),
      ),
    lookForImport: (streams, commands) =>
      pipe(
        TE.Do,
        TE.bind('found', () => readRows<Found>(direct, look, [streams])),
        TE.bind('marks', () =>
          commands.length === 0
            ? TE.right<never, ReadonlyArray<HandledRow>>([])
            : readRows<HandledRow>(direct, handled(schema), [
                commands.map(({ streamId }) => streamId),
                commands.map(({ commandId }) => commandId),
              ]),
        ),
        TE.map(({ found, marks }) => ({
          versions: new Map(found.map(({ streamId, version }) => [streamId, version])),
          closed: new Set(found.flatMap((one) => (one.isClosed ? [one.streamId] : []))),
          commands: marks.map(toCommand),
          ...(found[0] === undefined ? {} : { removals: found[0].removals }),
        })),
      ),
    storeBatch: (batch) => stored(batch, inOneStatement(batch)),
    ...(origin?._tag === 'Pool'
      ? {
          storeBatch: (batch) => throughCopy(origin, batch),
          storeRaw: (batch) => throughCopy(origin, batch),
        }
      : {}),
    refusals: (archive, { after, limit }) =>
      readRows<Refusal>(direct, refusals(schema), [archive, after, limit]),
  }
}
