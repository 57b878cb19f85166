import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'
import type { Deciders, PartDeciders } from './deciders'
import {
  type KeyedCommand,
  type KeyedEvent,
  type KeyedRejection,
  keyedRejection,
  keysOf,
  mapKeys,
  withKey,
} from './keyed'

/** An empty state. */
export type NeutralState = Readonly<Record<string, never>>

/**
 * The decider without commands and events: the neutral element of `combine`. It is terminal from the
 * start, so that a combination with it is terminal when the other parts are.
 */
export const neutral: Decider<never, NeutralState, never, never> = {
  initialState: {},
  decide: (command) => E.left(command),
  evolve: (state) => state,
  isTerminal: () => true,
}

const isFor = <Parts extends object, Events extends Record<keyof Parts, unknown>>(
  parts: Parts,
  keyed: KeyedEvent<Events>,
): keyed is { readonly key: keyof Parts & string; readonly event: Events[keyof Parts & string] } =>
  Object.hasOwn(parts, keyed.key)

/**
 * Several deciders as one. A command goes to the part that its key names; the events or the rejection of
 * that part come back under the same key, the rejection with the `_tag` `key/Tag`. The parts are independent, even if their events have the same
 * names. For an event with an unknown key, `evolve` returns the same state object.
 *
 * It is terminal when all parts are; a part without `isTerminal` never is.
 *
 * A compile error: an empty key, a key that contains `/`, an unknown key, a command under the key of
 * another part.
 *
 * @example
 * const bank = combine({ account, transfer })
 * bank.decide({ key: 'account', command: { type: 'OpenAccount', owner: 'Ada' } }, bank.initialState)
 * // E.right([{ key: 'account', event: { type: 'AccountOpened', owner: 'Ada' } }])
 */
export const combine = <
  Commands,
  States extends Record<keyof Commands, unknown>,
  Events extends Record<keyof Commands, unknown>,
  Rejections extends Record<keyof Commands, unknown>,
>(
  deciders: Deciders<Commands, States, Events, Rejections>,
): Decider<KeyedCommand<Commands>, States, KeyedEvent<Events>, KeyedRejection<Rejections>> => {
  const parts: PartDeciders<Commands, States, Events, Rejections> = deciders
  return {
    initialState: mapKeys(parts, (key) => parts[key].initialState),
    decide: ({ key, command }, state) => {
      const decision = parts[key].decide(command, state[key])
      return E.isLeft(decision)
        ? E.left(keyedRejection<Rejections>(key, decision.left))
        : E.right(decision.right.map((event) => ({ key, event })))
    },
    evolve: (state, keyed) =>
      isFor<typeof parts, Events>(parts, keyed)
        ? withKey(state, keyed.key, parts[keyed.key].evolve(state[keyed.key], keyed.event))
        : state,
    isTerminal: (state) => keysOf(parts).every((key) => parts[key].isTerminal?.(state[key])),
  }
}
