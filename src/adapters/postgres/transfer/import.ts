import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { importOvertaken } from '../../../core/errors/transfer'
import { storeFailed } from '../../../core/errors/store'
import type {
  HistoricEvent,
  ImportBatch,
  ImportProgress,
  Refusal,
  Transfer,
} from '../../../core/ports/transfer'
import { categoryOf, type StreamId, type StreamVersion } from '../../../core/stream'
import { arrayText } from '../append/append-statements'
import { type Executor, named, readRows, writeRows } from '../connection/query'
import { ENDED_VERSION, eventsOf } from '../schema/names'
import { toCommand } from './export'

const progress = (schema: string): string => `
select archive, lines::double precision as lines, bytes::double precision as bytes, events::double precision as events,
       commands::double precision as commands, refused::double precision as refused,
       finished_at is not null as "isFinished"
from ${schema}.imports where archive = $1::text`

const versions = (schema: string): string => `
select s.stream_id as "streamId", coalesce(e.closed, e.version, 0) as version, e.closed is not null as "isClosed"
from unnest($1::text[]) as s(stream_id) left join lateral (
  select version, case when version = ${ENDED_VERSION} then (data ->> 'version')::integer end as closed
  from ${schema}.events where stream_id = s.stream_id
  order by version desc limit 1) e on true`

const handled = (schema: string): string => `
select c.stream_id as "streamId", c.command_id as "commandId", c.after, c.event_count as "eventCount", c.fingerprint
from unnest($1::text[], $2::text[]) as m(stream_id, command_id)
  join ${schema}.commands c on c.stream_id = m.stream_id and c.command_id = m.command_id`

const storeBatch = (schema: string): string => `
select ${schema}.import_batch(
  $1::text, $2::bigint, $3::bigint, $4::bigint, $5::boolean,
  $6::text[], $7::integer[],
  $8::text[], $9::integer[], $10::uuid[], $11::text[], $12::smallint[], $13::double precision[],
  $14::text[], $15::text[],
  $16::integer[], $17::text[], $18::text[], $19::text[],
  $20::text[], $21::text[], $22::integer[], $23::integer[], $24::text[],
  $25::bigint[], $26::bigint[], $27::bigint[], $28::text[], $29::text[],
  $30::text[], ${eventsOf(schema)}) as outcome`

const refusals = (schema: string): string => `
select line::double precision as line, start::double precision as start, length::double precision as length,
       reason, message
from ${schema}.import_refusals where archive = $1::text and line > $2::bigint order by line limit $3::integer`

const metadataText = ({ metadata }: HistoricEvent): string => {
  const text = JSON.stringify(metadata)
  if (text === '{}') return '{"imported":true}'
  return metadata.imported === true ? text : `${text.slice(0, -1)},"imported":true}`
}

/** The streams that get events, each with the version that it must be at. */
const streamColumns = (events: ImportBatch['events']) => {
  const streams = new Set<StreamId>()
  const bases = arrayText()
  for (const { streamId, version } of events) {
    if (streams.has(streamId)) continue
    streams.add(streamId)
    bases.add(String(version - 1))
  }
  return [[...streams], bases.end()]
}

const eventColumns = (events: ImportBatch['events']) => {
  const [numbers, ids, schemaVersions] = [arrayText(), arrayText(), arrayText()]
  const [times, data, metadata] = [arrayText(), arrayText(), arrayText()]
  for (const event of events) {
    numbers.add(String(event.version))
    ids.add(event.id)
    schemaVersions.add(String(event.schemaVersion))
    times.add(String(event.recordedAt))
    // An item of an array is quoted as a string of JSON is.
    data.add(JSON.stringify(JSON.stringify(event.data)))
    metadata.add(JSON.stringify(metadataText(event)))
  }
  return [
    ...[events.map(({ streamId }) => streamId), numbers.end(), ids.end()],
    ...[events.map(({ type }) => type), schemaVersions.end(), times.end()],
    ...[data.end(), metadata.end()],
  ]
}

/** The tags of the events, and what is locked for them: as for an append that declares them. */
const tagColumns = ({ events, completeTags }: ImportBatch) => {
  const turns = arrayText()
  const [types, tags]: [string[], string[]] = [[], []]
  const locks = new Set<string>()
  const categories = new Set<string>()
  for (const [index, { streamId, type, tags: own = [] }] of events.entries()) {
    categories.add(categoryOf(streamId))
    for (const tag of own) {
      turns.add(String(index + 1))
      types.push(type)
      tags.push(tag)
      locks.add(`tag ${tag}`)
    }
  }
  const undeclared = [...categories].filter((one) => !completeTags.includes(one))
  const declared = [...categories].filter((one) => completeTags.includes(one))
  for (const category of declared) locks.add(`tags of ${category}`)
  return { columns: [turns.end(), types, tags, [...locks]], undeclared }
}

/** A text that PostgreSQL takes. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '')

const parametersOf = (batch: ImportBatch): ReadonlyArray<unknown> => {
  const { from, to, events, commands, refusals: refused } = batch
  const { columns, undeclared } = tagColumns(batch)
  return [
    ...[from.archive, from.lines, to.lines, to.bytes, to.isFinished],
    ...streamColumns(events),
    ...eventColumns(events),
    ...columns,
    commands.map(({ streamId }) => streamId),
    commands.map(({ commandId }) => commandId),
    commands.map(({ after }) => after),
    commands.map(({ eventCount }) => eventCount),
    commands.map(({ fingerprint }) => fingerprint ?? null),
    refused.map(({ line }) => line),
    refused.map(({ start }) => start),
    refused.map(({ length }) => length),
    refused.map(({ reason }) => storable(reason)),
    refused.map(({ message }) => storable(message)),
    undeclared,
  ]
}

interface Found {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly isClosed: boolean
}

type HandledRow = Parameters<typeof toCommand>[0]

/**
 * Brings in what an archive holds.
 *
 * @param signal - called after a batch that was stored.
 */
export const importing = (
  direct: Executor,
  schema: string,
  signal: () => void,
): Pick<Transfer, 'beginImport' | 'lookForImport' | 'storeBatch' | 'refusals'> => {
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
        })),
      ),
    storeBatch: (batch) =>
      pipe(
        writeRows<{ readonly outcome: string }>(
          direct,
          'statement',
          statement,
          parametersOf(batch),
        ),
        TE.flatMapEither(([row]) => {
          if (row?.outcome === 'overtaken') return E.left(importOvertaken(batch.from.archive))
          if (row?.outcome !== 'stored') return E.right(undefined)
          signal()
          const { from, to, events, commands, refusals: refused } = batch
          return E.right({
            ...{ archive: from.archive, ...to, events: from.events + events.length },
            commands: from.commands + commands.length,
            refused: from.refused + refused.length,
          })
        }),
      ),
    refusals: (archive, { after, limit }) =>
      readRows<Refusal>(direct, refusals(schema), [archive, after, limit]),
  }
}
