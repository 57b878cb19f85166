import type { RawEvent, HistoricEvent, ImportBatch } from '../../../core/ports/transfer'
import { categoryOf, type StreamId } from '../../../core/stream'
import { beginsStream } from '../../../core/transfer/encoded-event'
import { arrayText } from '../append/append-columns'

/** A batch whose events are as they were read, or as they were made. */
export type AnyBatch = ImportBatch<HistoricEvent | RawEvent>

/** The text of the metadata of an event, which says that it was imported. */
export const metadataText = ({ metadata }: HistoricEvent): string => {
  const text = JSON.stringify(metadata)
  if (text === '{}') return '{"imported":true}'
  return metadata.imported === true ? text : `${text.slice(0, -1)},"imported":true}`
}

/** The streams that get events and are to be looked at, each with the version that it must be at. */
const streamColumns = ({ events, known }: AnyBatch) => {
  const streams = new Set<StreamId>()
  const bases = arrayText()
  for (const event of events) {
    const { streamId, version } = event
    if (known?.streams.has(streamId) === true || streams.has(streamId)) continue
    streams.add(streamId)
    bases.add(String(beginsStream(event) ? 0 : version - 1))
  }
  return [[...streams], bases.end()]
}

/** The events themselves. */
export const eventColumns = (events: ImportBatch['events']): ReadonlyArray<unknown> => {
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

const categoriesIn = ({ events }: AnyBatch): ReadonlyArray<string> => [
  ...new Set(events.map(({ streamId }) => categoryOf(streamId))),
]

/** What is locked: as for an append that declares the tags. */
const lockNames = (batch: AnyBatch): ReadonlyArray<string> => {
  const { events, completeTags } = batch
  const locks = new Set<string>()
  for (const { tags = [] } of events) for (const tag of tags) locks.add(`tag ${tag}`)
  for (const category of categoriesIn(batch)) {
    if (completeTags.includes(category)) locks.add(`tags of ${category}`)
  }
  return [...locks]
}

const beginsAbove = (event: HistoricEvent | RawEvent): boolean =>
  beginsStream(event) && event.version > 1

/** What `prepare_import` takes. */
export const preparing = (batch: AnyBatch): ReadonlyArray<unknown> => [
  ...[batch.from.archive, batch.from.lines],
  ...[...streamColumns(batch), lockNames(batch), batch.events.length],
  batch.events.some(beginsAbove),
]

/** The tags of the events. */
export const tagColumns = (events: ImportBatch['events']): ReadonlyArray<unknown> => {
  const turns = arrayText()
  const [types, tags]: [string[], string[]] = [[], []]
  for (const [index, { type, tags: own = [] }] of events.entries()) {
    for (const tag of own) {
      turns.add(String(index + 1))
      types.push(type)
      tags.push(tag)
    }
  }
  return [turns.end(), types, tags]
}

/** A text that PostgreSQL takes. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '')

/** What `finish_import` takes beside the archive and the number of events. */
export const finishing = (batch: AnyBatch): ReadonlyArray<unknown> => {
  const { to, commands, refusals, completeTags, known } = batch
  return [
    ...[to.lines, to.bytes, to.isFinished, known?.removals ?? null],
    categoriesIn(batch).filter((category) => !completeTags.includes(category)),
    commands.map(({ streamId }) => streamId),
    commands.map(({ commandId }) => commandId),
    commands.map(({ after }) => after),
    commands.map(({ eventCount }) => eventCount),
    commands.map(({ fingerprint }) => fingerprint ?? null),
    refusals.map(({ line }) => line),
    refusals.map(({ start }) => start),
    refusals.map(({ length }) => length),
    refusals.map(({ reason }) => storable(reason)),
    refusals.map(({ message }) => storable(message)),
  ]
}
