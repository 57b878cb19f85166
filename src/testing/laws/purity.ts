import * as E from 'fp-ts/Either'
import type { Decider } from '../../core/decider'
import { runFrom } from '../../core/algebra/run'
import { attempt, type DeciderLaw, firstProblem, type Story } from './law'
import { deepFreeze, difference, show } from './look'

/** Every state that the story leads to, the initial one first. Throws as the decider does. */
const reachable = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  { commands, events }: Story<Command, Event>,
): ReadonlyArray<State> => {
  const states = [decider.initialState]
  let state = decider.initialState
  for (const event of [...runFrom(decider, state, commands).events, ...events]) {
    state = decider.evolve(state, event)
    states.push(state)
  }
  return states
}

/** `evolve` and `decide` answer everything. */
export const total = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'total',
  meaning: 'decide and evolve have an answer for every command and event, in every state',
  problem: (story) => {
    const states = attempt('decide or evolve', () => reachable(decider, story))
    if (E.isLeft(states)) return states.left
    return firstProblem(states.right, (state) => {
      if (state === undefined) return 'evolve gave undefined: has it a case for every event?'
      return firstProblem(story.commands, (command) => {
        const decision = attempt('decide', (): unknown => decider.decide(command, state))
        if (E.isLeft(decision)) return `${decision.left}, for ${show(command)} in ${show(state)}`
        return decision.right === undefined
          ? `decide gave undefined for ${show(command)}: has it a case for every command?`
          : undefined
      })
    })
  },
})

/** The same question has the same answer. */
export const deterministic = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'deterministic',
  meaning:
    'the same command in the same state is decided the same way, and events are played alike',
  problem: (story) => {
    const states = reachable(decider, story)
    return (
      difference('playing the same events again', reachable(decider, story), states) ??
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

/** Nothing that goes in is changed. */
export const immutable = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'mutates nothing',
  meaning:
    'decide and evolve leave the command, the event and the state they are given as they are',
  problem: ({ commands, events }) => {
    const untouched = (during: string, inputs: object, compute: () => unknown) => {
      const before = show(inputs)
      const frozen = attempt(`${during}, given frozen inputs,`, () => {
        deepFreeze(inputs)
        compute()
      })
      if (E.isLeft(frozen)) return `${frozen.left}: it changes what it is given, ${before}`
      const after = show(inputs)
      return after === before ? undefined : `${during} changed ${before} to ${after}`
    }

    let state = decider.initialState
    const played = (history: ReadonlyArray<Event>): string | undefined =>
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
      const changed = played(recorded)
      if (changed !== undefined) return changed
    }
    return played(events)
  },
})
