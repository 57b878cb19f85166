import * as E from 'fp-ts/Either'
import type { StreamId, StreamVersion } from '../../core/stream'
import type { Judged, Replayed } from '../replay'
import type { Context } from '../runtime'
import { listDocument } from './document'
import { stateJson, stateText } from './state'
import { table } from './table'
import { moment, oneLine, safe } from './text'
import { folded } from './wrap'

/** Prints the events of one stream as they are read, and then the state. */
export interface EventPrinter {
  readonly begin: (streamId: StreamId) => Promise<void>
  readonly page: (events: ReadonlyArray<Judged>) => Promise<void>
  /** @param next - the version to continue after, if there are more events. */
  readonly end: (shown: number, next?: StreamVersion, replayed?: Replayed) => Promise<void>
}

const jsonOf = ({ event, undecodable }: Judged): unknown => ({
  ...event,
  recordedAt: new Date(event.recordedAt).toISOString(),
  ...(undecodable === undefined ? {} : { undecodable }),
})

const replayedJson = ({ version, state }: Replayed): object => ({
  version,
  ...(E.isRight(state) ? { state: stateJson(state.right) } : { stateError: state.left }),
})

/** One JSON document. */
export const eventsForMachines = ({ output }: Context): EventPrinter => {
  const document = listDocument(output, 'events')
  return {
    begin: (streamId) => document.begin({ streamId }),
    page: (events) => document.add(events.map(jsonOf)),
    end: (_shown, next, replayed) =>
      document.end({
        next: next ?? null,
        ...(replayed === undefined ? {} : replayedJson(replayed)),
      }),
  }
}

const replayedText = ({ version, state }: Replayed): string =>
  E.isRight(state)
    ? `State at version ${version}:\n${stateText(state.right)}`
    : `The state at version ${version} is unknown: ${safe(oneLine(state.left.message))}\n`

/** A table, and the state below it. */
export const eventsForPeople = ({ output }: Context): EventPrinter => {
  const { titles, rows } = table(output, [
    { title: 'VERSION', width: 7 },
    { title: 'POSITION', width: 8 },
    { title: 'RECORDED (UTC)', width: 19 },
    { title: 'TYPE', width: 16 },
    { title: 'DATA', width: 0 },
  ])
  const cells = ({ event, undecodable }: Judged): ReadonlyArray<string> => [
    String(event.version),
    String(event.position),
    moment(event.recordedAt),
    safe(event.type),
    safe(JSON.stringify(event.data)) +
      (undecodable === undefined ? '' : ` UNDECODABLE: ${safe(oneLine(undecodable.message))}`),
  ]
  return {
    begin: () => output.write(titles()),
    page: (events) => output.write(rows(events.map(cells))),
    end: async (shown, next, replayed) => {
      if (shown === 0) await output.write('(no events)\n')
      if (next !== undefined)
        await output.write(`There are more. To continue, add: --after ${next}\n`)
      if (replayed !== undefined)
        await output.write(`\n${folded(replayedText(replayed), output.columns)}`)
    },
  }
}
