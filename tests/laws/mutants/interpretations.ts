import * as E from 'fp-ts/Either'
import * as reprise from 'reprise/algebra'
import type { Interpretations } from '../statements/interpretations'

const { replay, replayFrom, runCommands, runCommandsFrom, toMealy, toReducer, toStateStored } =
  reprise
const interpretations: Interpretations = {
  replay,
  replayFrom,
  runCommands,
  toMealy,
  toReducer,
  toStateStored,
}

export const replayReversed: Interpretations = {
  ...interpretations,
  replay: (decider, events) => replay(decider, events.toReversed()),
}

export const replayFromTheStart: Interpretations = {
  ...interpretations,
  replayFrom: (decider, state, events) => replayFrom(decider, state, events.slice(1)),
}

export const runNotThreaded: Interpretations = {
  ...interpretations,
  runCommands: (decider, commands) => {
    const decisions = commands.flatMap((command) => runCommands(decider, [command]).decisions)
    const events = decisions.flatMap((decision) => (E.isRight(decision) ? decision.right : []))
    return { decisions, events, state: replay(decider, events) }
  },
}

export const rejectedCommandMovesTheMachine: Interpretations = {
  ...interpretations,
  toMealy: (decider) => {
    const { initialState, step } = toMealy(decider)
    return {
      initialState,
      step: (state, command) => {
        const next = step(state, command)
        return E.isLeft(next.decision) ? { ...next, state: initialState } : next
      },
    }
  },
}

export const reducerForgets: Interpretations = {
  ...interpretations,
  toReducer: (decider) => {
    const reduce = toReducer(decider)
    return (_, command) => reduce(decider.initialState, command)
  },
}

export const onlyTheLastEventCounts: Interpretations = {
  ...interpretations,
  toStateStored: (decider) => ({
    initialState: decider.initialState,
    decide: (command, state) => {
      const { decisions } = runCommandsFrom(decider, state, [command])
      const [decision = E.right([])] = decisions
      return E.isLeft(decision)
        ? decision
        : E.right(replayFrom(decider, state, decision.right.slice(-1)))
    },
  }),
}

export const rejectionsRunAnyway: Interpretations = {
  ...interpretations,
  runCommands: (decider, commands) => {
    const all = runCommands(decider, commands)
    return { ...all, state: all.decisions.some(E.isLeft) ? decider.initialState : all.state }
  },
}
