import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { type Decider } from 'reprise'
import { guardTerminal, type many, type manyBy, terminated } from 'reprise/algebra'
import { trace } from '../support/behaviour'
import { type Law, law } from '../support/law'
import {
  type At,
  command,
  deciders,
  type Do,
  type Done,
  event,
  key,
  type No,
} from '../support/machine'

const sent = fc.array(fc.record({ key, command }), { maxLength: 10 })

interface CarriedDo {
  readonly id: string
  readonly command: Do
}
interface CarriedDone {
  readonly id: string
  readonly event: Done
}
/** A machine whose commands and events carry an id themselves. */
const carrying = (decider: Decider<Do, At, Done, No>): Decider<CarriedDo, At, CarriedDone, No> => ({
  ...decider,
  decide: ({ id, command: inner }, state) => {
    const decision = decider.decide(inner, state)
    return E.isLeft(decision)
      ? decision
      : E.right(decision.right.map((one) => ({ id, event: one })))
  },
  evolve: (state, carried) => decider.evolve(state, carried.event),
})

const ownOf = <Sent extends { readonly key: string }>(mixed: ReadonlyArray<Sent>, own: string) =>
  mixed.filter((each) => each.key === own)

export const manyLaws = (manyOf: typeof many): ReadonlyArray<Law> => [
  law(
    'many: each key alone',
    'each key lives the life it would live alone',
    [deciders, sent, key],
    (decider, mixed, own) => {
      const all = manyOf(decider)
      const steps = trace(all, mixed)
      const alone = trace(
        decider,
        ownOf(mixed, own).map((each) => each.command),
      )
      const states = steps.at(-1)!.state
      const reached = Object.hasOwn(states, own) ? states[own] : decider.initialState
      deepStrictEqual(reached, alone.at(-1)!.state)
      deepStrictEqual(
        steps
          .slice(1)
          .filter((_, index) => mixed[index]!.key === own)
          .map(({ decision }) => decision),
        alone
          .slice(1)
          .map(({ decision }) =>
            E.isLeft(decision)
              ? E.left({ _tag: 'No', key: own, rejection: decision.left })
              : E.right(decision.right.map((one) => ({ key: own, event: one }))),
          ),
      )
    },
  ),
  law(
    'many: foreign keys',
    'an event of one key leaves the state of every other key the very same',
    [deciders, sent, event],
    (decider, mixed, next) => {
      const all = manyOf(decider)
      const { state } = trace(all, mixed).at(-1)!
      const after = all.evolve(state, { key: 'z', event: next })
      for (const other of Object.keys(state)) strictEqual(after[other], state[other])
      strictEqual(
        after === state,
        decider.evolve(decider.initialState, next) === decider.initialState,
      )
    },
  ),
  law(
    'many: never terminal',
    'it is never over, empty or not: the next key can always begin',
    [deciders, sent],
    (decider, mixed) => {
      for (const { isTerminal } of trace(manyOf(decider), mixed)) strictEqual(isTerminal, false)
    },
  ),
  law(
    'many: terminality per key',
    'a guarded key that is terminal rejects, and the others continue',
    [deciders, sent],
    (decider, mixed) => {
      const all = manyOf(guardTerminal(decider))
      const steps = trace(all, mixed)
      mixed.forEach((each, index) => {
        const { state } = steps[index]!
        const before =
          (Object.hasOwn(state, each.key) ? state[each.key] : undefined) ?? decider.initialState
        const isOver = decider.isTerminal?.(before) === true
        const { decision } = steps[index + 1]!
        const says = E.isLeft(decision) && decision.left.rejection === terminated
        strictEqual(says, isOver)
      })
    },
  ),
]

export const manyByLaws = (manyOf: typeof manyBy): ReadonlyArray<Law> => [
  law(
    'manyBy: each key alone',
    'each key lives the life it would live alone',
    [deciders, sent, key],
    (machine, mixed, own) => {
      const decider = carrying(machine)
      const all = manyOf({
        command: (each: CarriedDo) => each.id,
        event: (each: CarriedDone) => each.id,
      })(decider)
      const carried = mixed.map((each) => ({ id: each.key, command: each.command }))
      const steps = trace(all, carried)
      const alone = trace(
        decider,
        carried.filter(({ id }) => id === own),
      )
      const states = steps.at(-1)!.state
      deepStrictEqual(
        Object.hasOwn(states, own) ? states[own] : decider.initialState,
        alone.at(-1)!.state,
      )
      deepStrictEqual(
        steps
          .slice(1)
          .filter((_, index) => carried[index]!.id === own)
          .map(({ decision }) => decision),
        alone.slice(1).map(({ decision }) => decision),
      )
    },
  ),
]
