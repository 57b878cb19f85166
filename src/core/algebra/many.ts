import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'
import { type RejectionTag, rejectionTag } from './keyed'

/** A command for one of many: `{ key: 'A1', command }`. */
export interface ManyCommand<Command> {
  readonly key: string
  readonly command: Command
}

/** An event of one of many: `{ key: 'A1', event }`. */
export interface ManyEvent<Event> {
  readonly key: string
  readonly event: Event
}

/** A rejection by one of many: `{ _tag: 'BalanceTooLow', key: 'A1', rejection }`, with the `_tag` of the reason. */
export type ManyRejection<Rejection> = Rejection extends unknown
  ? {
      readonly _tag: RejectionTag<Rejection>
      readonly key: string
      readonly rejection: Rejection
    }
  : never

const manyRejection = <Rejection>(key: string, rejection: Rejection) =>
  ({ _tag: rejectionTag(rejection), key, rejection }) as ManyRejection<Rejection>

/** The state of every key that has had an event. Each change copies the record of all keys. */
export type StateByKey<State> = Readonly<Record<string, State>>

/**
 * The state of one key; the initial state if it has had no event. Also for keys such as `constructor`, which every record
 * seems to have.
 *
 * @example
 * stateAt(courses, 'math', course).seats
 */
export const stateAt = <State>(
  states: StateByKey<State>,
  key: string,
  otherwise: { readonly initialState: State },
): State => {
  const state = Object.hasOwn(states, key) ? states[key] : undefined
  return state === undefined ? otherwise.initialState : state
}

/** `states` with another state under `key`; `states` itself if nothing changed. */
export const withState = <State>(
  states: StateByKey<State>,
  key: string,
  state: State,
  otherwise: { readonly initialState: State },
): StateByKey<State> =>
  Object.is(stateAt(states, key, otherwise), state) ? states : { ...states, [key]: state }

/**
 * One decider for many things of the same kind, identified by a key: any string. The keys are
 * independent of each other. Never terminal: a new key can always appear. To let single keys end, guard
 * the decider first: `pipe(account, guardTerminal, many)`.
 *
 * For thousands of keys, use a stream per key instead.
 *
 * @example
 * const accounts = many(account)
 * accounts.decide({ key: 'A1', command: { type: 'CloseAccount' } }, accounts.initialState)
 */
export const many = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<
  ManyCommand<Command>,
  StateByKey<State>,
  ManyEvent<Event>,
  ManyRejection<Rejection>
> => ({
  initialState: {},
  decide: ({ key, command }, states) => {
    const decision = decider.decide(command, stateAt(states, key, decider))
    return E.isLeft(decision)
      ? E.left(manyRejection(key, decision.left))
      : E.right(decision.right.map((event) => ({ key, event })))
  },
  evolve: (states, { key, event }) => {
    const state = decider.evolve(stateAt(states, key, decider), event)
    return withState(states, key, state, decider)
  },
})
