import type { EncodedAppend, EncodedEvent } from './append'
import { versionCode } from './last-event'

// The parameters of the statements that append, column by column.

/** An array for PostgreSQL: of values, or as its text. */
type Column = ReadonlyArray<string | number | null> | string
export type Columns = ReadonlyArray<Column>

/** The text of an array, written item by item. */
export const arrayText = () => {
  let text = ''
  return {
    add: (item: string): void => {
      text += text === '' ? '{' : ','
      text += item
    },
    end: (): string => (text === '' ? '{}' : `${text}}`),
  }
}

/** The columns of some events that are not JSON. */
export const plainColumns = (events: ReadonlyArray<EncodedEvent>): Columns => {
  const [id, schemaVersion] = [arrayText(), arrayText()]
  const types: string[] = []
  for (const event of events) {
    id.add(event.id)
    types.push(event.type)
    schemaVersion.add(String(event.schemaVersion))
  }
  return [id.end(), types, schemaVersion.end()]
}

/** The columns of some events, with JSON arrays for data and metadata. */
export const jsonColumns = (events: ReadonlyArray<EncodedEvent>): Columns => [
  ...plainColumns(events),
  `[${events.map(({ data }) => data).join(',')}]`,
  `[${events.map(({ metadata }) => metadata).join(',')}]`,
]

/** The streams of some appends, and their expected versions. */
export const streamColumns = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const expected = arrayText()
  for (const { expectedVersion } of appends) expected.add(String(versionCode(expectedVersion)))
  return [appends.map(({ streamId }) => streamId), expected.end()]
}

/** The commands that gave the events of some appends. */
export const markColumns = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const marks = appends.flatMap(({ commands }) => commands)
  return [
    marks.map(({ commandId }) => commandId),
    marks.map(({ skip }) => skip),
    marks.map(({ eventCount }) => eventCount),
    marks.map(({ fingerprint }) => fingerprint ?? null),
  ]
}
