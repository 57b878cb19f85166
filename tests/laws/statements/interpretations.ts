import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import type { Decider, replay } from 'reprise'
import type { replayFrom, runCommands, toMealy, toReducer, toStateStored } from 'reprise/algebra'
import { freeze, frozen } from '../support/behaviour'
import { type Law, law } from '../support/law'
import {
  type At,
  atState,
  commands,
  deciders,
  type Do,
  type Done,
  events,
  type No,
} from '../support/machine'

/** The ways to bring a decider to life, or broken ones. */
export interface Interpretations {
  readonly replay: typeof replay
  readonly replayFrom: typeof replayFrom
  readonly runCommands: typeof runCommands
  readonly toMealy: typeof toMealy
  readonly toReducer: typeof toReducer
  readonly toStateStored: typeof toStateStored
}

type Subject = Decider<Do, At, Done, No>
type Decision = E.Either<No, ReadonlyArray<Done>>

/** The slow truth: before each command, all events are replayed again from the first one. */
const eventSourced = (decider: Subject, sent: ReadonlyArray<Do>) => {
  let stored: ReadonlyArray<Done> = []
  const states: Array<At> = []
  const decisions: Array<Decision> = []
  const load = () => {
    let state = decider.initialState
    for (const event of stored) state = decider.evolve(state, event)
    return state
  }
  for (const command of sent) {
    const decision = decider.decide(command, load())
    decisions.push(decision)
    if (E.isRight(decision)) stored = [...stored, ...decision.right]
    states.push(load())
  }
  return { stored, states, decisions }
}

const eventOf = (kind: number): Done => ({ type: 'Done', kind })

export const interpretationLaws = (of: Interpretations): ReadonlyArray<Law> => [
  law(
    'replay: homomorphism',
    'replaying two stretches of events is replaying the first, then the second from there',
    [deciders, events, events],
    (decider, early, late) => {
      const whole = of.replay(frozen(decider), [...early, ...late])
      deepStrictEqual(whole, of.replayFrom(frozen(decider), of.replay(decider, early), late))
    },
  ),
  law(
    'replay: order',
    'events are replayed oldest first',
    [deciders, events],
    (decider, replayed) => {
      let state = decider.initialState
      for (const event of replayed) state = decider.evolve(state, event)
      deepStrictEqual(of.replay(decider, replayed), state)
    },
  ),
  law(
    'snapshot: every cut',
    'a state stored at any version, and the events after it, give the state that all events give',
    [deciders, events],
    (decider, replayed) => {
      const whole = of.replay(decider, replayed)
      for (let cut = 0; cut <= replayed.length; cut += 1) {
        const stored = atState.encode(of.replay(decider, replayed.slice(0, cut)))
        if (E.isLeft(stored)) throw new Error('a state must encode')
        const snapshot = atState.decode(JSON.parse(JSON.stringify(stored.right)))
        if (E.isLeft(snapshot)) throw new Error('a snapshot must decode')
        deepStrictEqual(of.replayFrom(decider, snapshot.right, replayed.slice(cut)), whole)
      }
    },
  ),
  law(
    'run: event-sourced',
    'commands run in memory give the events, states and errors that a store would give',
    [deciders, commands],
    (decider, sent) => {
      const slow = eventSourced(decider, sent)
      const fast = of.runCommands(frozen(decider), sent)
      deepStrictEqual(fast.decisions, slow.decisions)
      deepStrictEqual(fast.events, slow.stored)
      deepStrictEqual(fast.state, slow.states.at(-1) ?? decider.initialState)
    },
  ),
  law(
    'toMealy: event-sourced',
    'the machine says the same, and goes through the same states',
    [deciders, commands],
    (decider, sent) => {
      const slow = eventSourced(decider, sent)
      const { initialState, step } = of.toMealy(frozen(decider))
      let state = initialState
      sent.forEach((command, index) => {
        const next = step(state, command)
        deepStrictEqual(next, { decision: slow.decisions[index], state: slow.states[index] })
        state = next.state
      })
    },
  ),
  law(
    'toStateStored: event-sourced',
    'without its events it goes through the same states, and makes the same errors',
    [deciders, commands],
    (decider, sent) => {
      const slow = eventSourced(decider, sent)
      const stored = of.toStateStored(frozen(decider))
      let state = stored.initialState
      sent.forEach((command, index) => {
        const next = stored.decide(command, state)
        const decision = slow.decisions[index]!
        deepStrictEqual(next, E.isLeft(decision) ? decision : E.right(slow.states[index]))
        if (E.isRight(next)) state = next.right
      })
    },
  ),
  law(
    'toReducer: event-sourced',
    'the reducer goes through the same states, and a rejected command leaves the very same one',
    [deciders, commands],
    (decider, sent) => {
      const slow = eventSourced(decider, sent)
      const reduce = of.toReducer(frozen(decider))
      let state: At | undefined
      sent.forEach((command, index) => {
        const next: At = reduce(state, command)
        deepStrictEqual(next, slow.states[index])
        if (E.isLeft(slow.decisions[index]!)) strictEqual(next, state ?? decider.initialState)
        state = next
      })
    },
  ),
  law(
    'cached run',
    'deciding on a cached state and the events after it gives what deciding on all events gives',
    [deciders, commands, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })],
    (decider, sent, refresh) => {
      const slow = eventSourced(decider, sent)
      let [cached, version] = [decider.initialState, 0]
      let stored: ReadonlyArray<Done> = []
      sent.forEach((command, index) => {
        const state = of.replayFrom(decider, cached, stored.slice(version))
        const decision = decider.decide(command, state)
        deepStrictEqual(decision, slow.decisions[index])
        if (E.isRight(decision)) stored = [...stored, ...decision.right]
        if (refresh[index] === true) {
          cached = of.replayFrom(decider, state, E.isRight(decision) ? decision.right : [])
          version = stored.length
        }
      })
    },
  ),
  law(
    'rejection',
    'a command that is rejected might as well not have been sent',
    [deciders, commands],
    (decider, sent) => {
      const all = of.runCommands(decider, sent)
      const accepted = sent.filter((_, index) => E.isRight(all.decisions[index]!))
      const without = of.runCommands(decider, accepted)
      deepStrictEqual(without.events, all.events)
      deepStrictEqual(without.state, all.state)
    },
  ),
  law(
    'several events',
    'a command that gives n events applies them in their order',
    [fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 5 })],
    (kinds) => {
      const logging: Decider<null, ReadonlyArray<number>, Done, never> = {
        initialState: [],
        decide: () => E.right(kinds.map(eventOf)),
        evolve: (state, { kind }) => freeze([...state, kind]),
      }
      const { events: recorded, state } = of.runCommands(logging, [null])
      deepStrictEqual(
        recorded.map(({ kind }) => kind),
        kinds,
      )
      deepStrictEqual(state, kinds)
      deepStrictEqual(of.toMealy(logging).step([], null).state, kinds)
      deepStrictEqual(of.toReducer(logging)(undefined, null), kinds)
      deepStrictEqual(of.toStateStored(logging).decide(null, []), E.right(kinds))
    },
  ),
]
