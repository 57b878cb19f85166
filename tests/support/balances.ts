import * as t from 'io-ts'
import { stateCodec } from '../../src/core/codec/state-codec'
import type { Projection } from '../../src/core/projection'
import { type Tick, ticks } from './ticks'

export interface Total {
  readonly sum: number
  readonly events: number
}

/** The sum of each stream's ticks since its last reset. It depends on the order within a stream. */
export const totals = (version = 1): Projection<Total, Tick> => ({
  name: 'totals',
  version,
  events: ticks,
  key: ({ streamId }) => streamId,
  view: {
    initialState: { sum: 0, events: 0 },
    evolve: ({ sum, events }, event) =>
      event.type === 'Reset'
        ? { sum: 0, events: events + 1 }
        : { sum: (sum * 3 + event.by) % 1_000_003, events: events + 1 },
  },
  state: stateCodec(1, t.strict({ sum: t.number, events: t.number })),
})
