import * as E from 'fp-ts/Either'
import { combine } from 'reprise/algebra'

export const eventsReversed: typeof combine = (deciders) => {
  const whole = combine(deciders)
  return {
    ...whole,
    decide: (command, state) => {
      const decision = whole.decide(command, state)
      return E.isLeft(decision) ? decision : E.right(decision.right.toReversed())
    },
  }
}

/** Every part hears every event, as if their names could not be the same. */
export const keysMerged: typeof combine = (deciders) => {
  const whole = combine(deciders)
  return {
    ...whole,
    evolve: (state, event) =>
      Object.keys(deciders).reduce(
        (current, key) => whole.evolve(current, { ...event, key }),
        state,
      ),
  }
}

export const foreignEventChangesState: typeof combine = (deciders) => {
  const whole = combine(deciders)
  return {
    ...whole,
    evolve: (state, event) =>
      Object.hasOwn(deciders, event.key) ? whole.evolve(state, event) : { ...state },
  }
}

export const stateAlwaysCopied: typeof combine = (deciders) => {
  const whole = combine(deciders)
  return { ...whole, evolve: (state, event) => ({ ...whole.evolve(state, event) }) }
}

export const everyPartAlwaysOnItsFirstState: typeof combine = (deciders) => {
  const whole = combine(deciders)
  return { ...whole, decide: (command) => whole.decide(command, whole.initialState) }
}

export const neverTerminal: typeof combine = (deciders) => {
  const whole = combine(deciders)
  return { ...whole, isTerminal: () => false }
}
