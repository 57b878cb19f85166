import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { AppendRequest } from '../../src/core/append'
import type { Category } from '../../src/core/category'
import { commandCodec } from '../../src/core/codec/command-codec'
import { eventCodec, eventType } from '../../src/core/codec/event-codec'
import type { JsonObject } from '../../src/core/json'
import type { NewEvent } from '../../src/core/recorded-event'

interface Added {
  readonly type: 'Added'
  readonly by: number
}
interface Add {
  readonly type: 'Add'
  readonly by: number
}

/** A category that is decoded by hand-written tests of the command. */
export const counter: Category<Add, { readonly sum: number }, Added, never> = {
  name: 'counter',
  decider: {
    initialState: { sum: 0 },
    decide: ({ by }) => E.right([{ type: 'Added', by }]),
    evolve: ({ sum }, { by }) => ({ sum: sum + by }),
  },
  commands: commandCodec<Add>({ Add: t.strict({ type: t.literal('Add'), by: t.number }) }),
  events: eventCodec<Added>({
    Added: eventType(t.strict({ type: t.literal('Added'), by: t.number })),
  }),
}

/** An event as a store takes it. */
export const newEvent = (type = 'Added', data: JsonObject = { by: 1 }): NewEvent => ({
  id: randomUUID(),
  type,
  schemaVersion: 1,
  data,
  metadata: {},
})

/** `number` events for a stream, whatever its version. */
export const appending = (streamId: string, number = 1): AppendRequest => ({
  streamId,
  expectedVersion: 'any',
  events: Array.from({ length: number }, () => newEvent()),
  commands: [],
})
