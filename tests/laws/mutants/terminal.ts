import { guardTerminal, ignoreTerminal } from 'reprise/algebra'
import type { Guards } from '../statements/terminal'

export const guardAsleep: Guards = { guardTerminal: (decider) => decider, ignoreTerminal }

export const guardAndIgnoreSwapped: Guards = {
  guardTerminal: ignoreTerminal,
  ignoreTerminal: (decider) => ({ ...decider }),
}

export const judgedByTheFirstState: Guards = {
  guardTerminal: (decider) => {
    const { isTerminal } = decider
    if (isTerminal === undefined) return guardTerminal(decider)
    return {
      ...guardTerminal({ ...decider, isTerminal: () => isTerminal(decider.initialState) }),
      isTerminal,
    }
  },
  ignoreTerminal,
}
