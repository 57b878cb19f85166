import * as E from 'fp-ts/Either'
import type { Decider } from '../../core/decider'
import { runCommandsFrom } from '../../core/algebra/run'
import { attempt, type DeciderLaw, firstProblem, type Story } from './law'
import { deepFreeze, difference, show } from './show-difference'

/** Every state of the scenario, the initial one first. Throws if the decider does. */
const reachable = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  { commands, events }: Story<Command, Event>,
): ReadonlyArray<State> => {
  const states = [decider.initialState]
  let state = decider.initialState
  for (const event of [...runCommandsFrom(decider, state, commands).events, ...events]) {
    state = decider.evolve(state, event)
    states.push(state)
  }
  return states
}

/** `evolve` and `decide` are total functions. */
export const total = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'total',
  meaning: 'decide and evolve return a value for every command and event in every state',
  problem: (story) => {
    const states = attempt('decide or evolve', () => reachable(decider, story))
    if (E.isLeft(states)) return states.left
    return firstProblem(states.right, (state) => {
      if (state === undefined)
        return 'evolve returned undefined: does it have a case for every event?'
      return firstProblem(story.commands, (command) => {
        const decision = attempt('decide', (): unknown => decider.decide(command, state))
        if (E.isLeft(decision)) return `${decision.left}, for ${show(command)} in ${show(state)}`
        return decision.right === undefined
          ? `decide returned undefined for ${show(command)}: does it have a case for every command?`
          : undefined
      })
    })
  },
})

/** The same inputs give the same result. */
export const deterministic = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'deterministic',
  meaning:
    'deciding the same command in the same state, or replaying the same events, gives the same result',
  problem: (story) => {
    const states = reachable(decider, story)
    return (
      difference('replaying the same events again', reachable(decider, story), states) ??
      firstProblem(states, (state) =>
        firstProblem(story.commands, (command) =>
          difference(
            `deciding ${show(command)} again in ${show(state)}`,
            decider.decide(command, state),
            decider.decide(command, state),
          ),
        ),
      )
    )
  },
})

/** Inputs are not mutated. */
export const immutable = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'mutates nothing',
  meaning: 'decide and evolve do not change the command, the event or the state they are given',
  problem: ({ commands, events }) => {
    const untouched = (during: string, inputs: object, compute: () => unknown) => {
      const before = show(inputs)
      const frozen = attempt(`${during}, given frozen inputs,`, () => {
        deepFreeze(inputs)
        compute()
      })
      if (E.isLeft(frozen)) return `${frozen.left}: it mutates its input ${before}`
      const after = show(inputs)
      return after === before ? undefined : `${during} changed ${before} to ${after}`
    }

    let state = decider.initialState
    const replayed = (history: ReadonlyArray<Event>): string | undefined =>
      firstProblem(history, (event) => {
        const before = state
        return untouched('evolve', { event, state: before }, () => {
          state = decider.evolve(before, event)
        })
      })
    for (const command of commands) {
      const now = state
      let recorded: ReadonlyArray<Event> = []
      const problem = untouched('decide', { command, state: now }, () => {
        const decision = decider.decide(command, now)
        if (E.isRight(decision)) recorded = decision.right
      })
      if (problem !== undefined) return problem
      const changed = replayed(recorded)
      if (changed !== undefined) return changed
    }
    return replayed(events)
  },
})
