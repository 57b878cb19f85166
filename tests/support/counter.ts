import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Category, everyNEvents } from 'reprise'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise/codec'

// The smallest category with everything: a counter that may not go below zero.

const Added = t.strict({ type: t.literal('Added'), amount: t.number })
const Noted = t.strict({ type: t.literal('Noted'), text: t.string })
const Add = t.strict({ type: t.literal('Add'), amounts: t.array(t.number) })
const Note = t.strict({ type: t.literal('Note'), text: t.string })

export type CounterEvent = t.TypeOf<typeof Added> | t.TypeOf<typeof Noted>
export type CounterCommand = t.TypeOf<typeof Add> | t.TypeOf<typeof Note>

export interface CounterState {
  readonly total: number
  readonly events: number
}

export interface BelowZero {
  readonly _tag: 'BelowZero'
  readonly total: number
}

export const counter: Category<CounterCommand, CounterState, CounterEvent, BelowZero> = {
  name: 'counter',
  decider: {
    initialState: { total: 0, events: 0 },
    decide: (command, { total }) => {
      switch (command.type) {
        case 'Add': {
          const after = command.amounts.reduce((sum, amount) => sum + amount, total)
          if (after < 0) return E.left({ _tag: 'BelowZero', total })
          return E.right(command.amounts.map((amount) => ({ type: 'Added', amount })))
        }
        case 'Note':
          return E.right([{ type: 'Noted', text: command.text }])
      }
    },
    evolve: ({ total, events }, event) => ({
      total: event.type === 'Added' ? total + event.amount : total,
      events: events + 1,
    }),
  },
  commands: commandCodec<CounterCommand>({ Add, Note }),
  events: eventCodec<CounterEvent>({ Added: eventType(Added), Noted: eventType(Noted) }),
  snapshots: {
    state: stateCodec(1, t.strict({ total: t.number, events: t.number })),
    policy: everyNEvents(10),
  },
}

export const add = (...amounts: ReadonlyArray<number>): CounterCommand => ({
  type: 'Add',
  amounts: [...amounts],
})
