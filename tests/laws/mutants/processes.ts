import { adaptProcess, combineProcesses } from 'reprise/algebra'
import type { ProcessCombinators } from '../statements/processes'

const combinators: ProcessCombinators = { adaptProcess, combineProcesses }

export const pendingCommandsForgotten: ProcessCombinators = {
  ...combinators,
  adaptProcess: (adapter) => (process) => ({
    ...adaptProcess(adapter)(process),
    resume: () => [],
  }),
}

export const commandsReversed: ProcessCombinators = {
  ...combinators,
  combineProcesses: (processes) => {
    const whole = combineProcesses(processes)
    return { ...whole, react: (state, event) => whole.react(state, event).toReversed() }
  },
}

export const overWhenOnePartIs: ProcessCombinators = {
  ...combinators,
  combineProcesses: (processes) => {
    const whole = combineProcesses(processes)
    return { ...whole, isTerminal: () => true }
  },
}

export const commandsAskedTwice: ProcessCombinators = {
  ...combinators,
  adaptProcess: (adapter) => (process) => {
    const adapted = adaptProcess(adapter)(process)
    return {
      ...adapted,
      react: (state, event) => {
        const asked = adapted.react(state, event)
        return [...asked, ...asked]
      },
    }
  },
}
