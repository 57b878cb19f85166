import { randomUUID } from 'node:crypto'
import * as t from 'io-ts'
import type { EventStore } from '../../src/core/ports/event-store'
import type { RecordedEvent } from '../../src/core/recorded-event'
import { eventCodec, eventType } from '../../src/core/codec/event-codec'
import { right } from './right'

const Ticked = t.strict({ type: t.literal('Ticked'), by: t.number })
const Reset = t.strict({ type: t.literal('Reset') })
export type Tick = t.TypeOf<typeof Ticked> | t.TypeOf<typeof Reset>

/** Events of a counter. */
export const ticks = eventCodec<Tick>({ Ticked: eventType(Ticked), Reset: eventType(Reset) })

/** One event on its way into a store. */
export const tick = (by: number, type = 'Ticked') => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  data: type === 'Ticked' ? { by } : {},
  metadata: {},
})

/** Appends one event for each of `steps`, all in one go. Answers their positions. */
export const appendTicks = async (
  store: Pick<EventStore, 'append'>,
  streamId: string,
  ...steps: ReadonlyArray<number>
): Promise<ReadonlyArray<number>> => {
  const events = steps.map((by) => tick(by))
  const appended = await right(
    store.append({ streamId, expectedVersion: 'any', events, commands: [] }),
  )
  return appended.positions
}

/** `stream:version` of each event. */
export const places = (events: ReadonlyArray<RecordedEvent<unknown>>): ReadonlyArray<string> =>
  events.map(({ streamId, version }) => `${streamId}:${version}`)
