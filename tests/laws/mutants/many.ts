import * as E from 'fp-ts/Either'
import { many } from 'reprise/algebra'

/** "All keys are terminal" holds of no keys at all: the published original does this. */
export const emptyIsTerminal: typeof many = (decider) => ({
  ...many(decider),
  isTerminal: (states) => Object.values(states).every((state) => decider.isTerminal?.(state)),
})

/** Whatever the key, there is one state. */
export const keysMerged: typeof many = (decider) => {
  const all = many(decider)
  return {
    ...all,
    decide: ({ key, command }, states) => {
      const decision = all.decide({ key: 'one', command }, states)
      if (E.isLeft(decision)) return E.left({ ...decision.left, key })
      return E.right(decision.right.map(({ event }) => ({ key, event })))
    },
    evolve: (states, { event }) => all.evolve(states, { key: 'one', event }),
  }
}

/** A key such as `constructor` finds what every object inherits. */
export const inheritedKeysFound: typeof many = (decider) => {
  const all = many(decider)
  return {
    ...all,
    evolve: (states, { key, event }) => ({
      ...states,
      [key]: decider.evolve(states[key] ?? decider.initialState, event),
    }),
  }
}

export const firstEventOnly: typeof many = (decider) => {
  const all = many(decider)
  return {
    ...all,
    decide: (command, states) => {
      const decision = all.decide(command, states)
      return E.isLeft(decision) ? decision : E.right(decision.right.slice(0, 1))
    },
  }
}
