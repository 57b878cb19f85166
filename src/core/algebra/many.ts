import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/** What is sent to one of many: `{ key: 'A1', command }`. */
export interface CommandFor<Command> {
  readonly key: string
  readonly command: Command
}

/** What happened to one of many: `{ key: 'A1', event }`. */
export interface EventOf<Event> {
  readonly key: string
  readonly event: Event
}

/** Which one of many said no, and why: `{ key: 'A1', rejection }`. */
export interface RejectionOf<Rejection> {
  readonly key: string
  readonly rejection: Rejection
}

/** The state of every key that something has happened to. Each change copies the list of keys. */
export type StateByKey<State> = Readonly<Record<string, State>>

/** The state of one key: that of `decider` before anything happened, if nothing has. */
export const stateAt = <State>(
  states: StateByKey<State>,
  key: string,
  otherwise: { readonly initialState: State },
): State => {
  const state = Object.hasOwn(states, key) ? states[key] : undefined
  return state === undefined ? otherwise.initialState : state
}

/** `states` with another one under `key`; `states` itself when that one changed nothing. */
export const withState = <State>(
  states: StateByKey<State>,
  key: string,
  state: State,
  otherwise: { readonly initialState: State },
): StateByKey<State> =>
  Object.is(stateAt(states, key, otherwise), state) ? states : { ...states, [key]: state }

/**
 * One decider for many things of the same kind, told apart by a key: any text. Each key lives the life
 * that it would live alone. It never is terminal, empty or not, for the next key can always begin; to
 * end the life of one key, guard the decider first: `pipe(account, guardTerminal, many)`.
 *
 * For thousands of keys, give each one a stream of its own instead.
 *
 * @example
 * const accounts = many(account)
 * accounts.decide({ key: 'A1', command: { type: 'CloseAccount' } }, accounts.initialState)
 */
export const many = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Decider<CommandFor<Command>, StateByKey<State>, EventOf<Event>, RejectionOf<Rejection>> => ({
  initialState: {},
  decide: ({ key, command }, states) => {
    const decision = decider.decide(command, stateAt(states, key, decider))
    return E.isLeft(decision)
      ? E.left({ key, rejection: decision.left })
      : E.right(decision.right.map((event) => ({ key, event })))
  },
  evolve: (states, { key, event }) => {
    const state = decider.evolve(stateAt(states, key, decider), event)
    return withState(states, key, state, decider)
  },
})
