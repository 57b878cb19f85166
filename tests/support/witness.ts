import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Category, everyNEvents } from 'reprise'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise/codec'

// A counter that may not go below zero, for histories: what it records tells whether it was decided on the right state,
// and on the right command.

const Added = t.strict({
  type: t.literal('Added'),
  amount: t.number,
  /** How many events the state had that it was decided on. */
  on: t.number,
  /** Whether the command came as it was sent. */
  intact: t.boolean,
})
const Add = t.strict({
  type: t.literal('Add'),
  amounts: t.array(t.number),
  /** Their sum. */
  sum: t.number,
})

export type WitnessEvent = t.TypeOf<typeof Added>
export type WitnessCommand = t.TypeOf<typeof Add>

export interface WitnessState {
  readonly total: number
  readonly events: number
  /** How many events were decided on another state, or on another command, or had more in them than is stored. */
  readonly torn: number
}

const isTorn = (event: WitnessEvent, events: number): boolean =>
  event.on !== events || !event.intact || 'scratch' in event

const sumOf = (amounts: ReadonlyArray<number>): number =>
  amounts.reduce((sum, amount) => sum + amount, 0)

export const witness: Category<
  WitnessCommand,
  WitnessState,
  WitnessEvent,
  { readonly _tag: 'BelowZero' }
> = {
  name: 'witness',
  decider: {
    initialState: { total: 0, events: 0, torn: 0 },
    decide: ({ amounts, sum }, { total, events }) =>
      total + sumOf(amounts) < 0
        ? E.left({ _tag: 'BelowZero' })
        : E.right(
            amounts.map((amount, index) => ({
              type: 'Added' as const,
              ...{ amount, on: events + index, intact: sumOf(amounts) === sum },
              // Not declared, so it is not stored: the state must not see it either.
              ...(amount % 3 === 0 ? { scratch: true } : {}),
            })),
          ),
    evolve: ({ total, events, torn }, event) => ({
      total: total + event.amount,
      events: events + 1,
      torn: torn + (isTorn(event, events) ? 1 : 0),
    }),
  },
  commands: commandCodec<WitnessCommand>({ Add }),
  events: eventCodec<WitnessEvent>({ Added: eventType(Added) }),
  snapshots: {
    state: stateCodec(1, t.strict({ total: t.number, events: t.number, torn: t.number })),
    policy: everyNEvents(10),
  },
}

export const addingUp = (amounts: ReadonlyArray<number>): WitnessCommand => ({
  type: 'Add',
  amounts: [...amounts],
  sum: sumOf(amounts),
})

/** What their states must be: none of their events is torn. */
export const witnessStates = {
  witness: {
    initialState: { total: 0, events: 0, torn: 0 },
    evolve: (state: unknown, { data }: { readonly data: unknown }) => {
      const { total, events } = state as WitnessState
      return { total: total + (data as WitnessEvent).amount, events: events + 1, torn: 0 }
    },
  },
}
