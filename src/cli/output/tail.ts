import type { StoredEvent } from '../../core/recorded-event'
import type { Context } from '../runtime'
import { table } from './table'
import { moment, safe } from './text'

/** Prints events of the whole store as they come. */
export interface TailPrinter {
  readonly begin: () => Promise<void>
  readonly page: (events: ReadonlyArray<StoredEvent>) => Promise<void>
}

/** One JSON object per line, because the list is endless. */
const forMachines = ({ output }: Context): TailPrinter => ({
  begin: () => Promise.resolve(),
  page: (events) =>
    output.write(
      events
        .map(({ recordedAt, ...event }) => ({
          ...event,
          recordedAt: new Date(recordedAt).toISOString(),
        }))
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    ),
})

const forPeople = ({ output }: Context): TailPrinter => {
  const { titles, rows } = table(output, [
    { title: 'POSITION', width: 8 },
    { title: 'RECORDED (UTC)', width: 19 },
    { title: 'STREAM', width: 14 },
    { title: 'TYPE', width: 13 },
    { title: 'DATA', width: 0 },
  ])
  const cells = ({ position, recordedAt, streamId, version, type, data }: StoredEvent) => [
    String(position),
    moment(recordedAt),
    `${safe(streamId)}@${version}`,
    safe(type),
    safe(JSON.stringify(data)),
  ]
  return {
    begin: () => output.write(titles()),
    page: (events) => output.write(rows(events.map(cells))),
  }
}

export const tailPrinter = (context: Context): TailPrinter =>
  context.json ? forMachines(context) : forPeople(context)
