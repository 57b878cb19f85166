import * as E from 'fp-ts/Either'
import { toMealy, toStateStored } from '../../core/algebra/interpretations'
import { runCommands } from '../../core/algebra/run'
import { type Decider, replay, replayFrom } from '../../core/decider'
import type { DeciderLaw } from './law'
import { difference, show } from './show-difference'

/** Replaying events in two parts equals replaying them in one. */
export const homomorphic = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'replay is a homomorphism',
  meaning: 'replaying events in two parts gives the same state as replaying them in one',
  problem: ({ commands, events }) => {
    const history = [...runCommands(decider, commands).events, ...events]
    const whole = replay(decider, history)
    for (let cut = 0; cut <= history.length; cut += 1) {
      const early = replay(decider, history.slice(0, cut))
      const late = replayFrom(decider, early, history.slice(cut))
      const problem = difference(`replayed in two parts, cut at ${cut}`, late, whole)
      if (problem !== undefined) return problem
    }
    return undefined
  },
})

/** A rejected command has no effect on what follows. */
export const harmlessRejections = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'a rejection changes nothing',
  meaning: 'leaving the rejected commands out gives the same events and the same state',
  problem: ({ commands }) => {
    const all = runCommands(decider, commands)
    const accepted = commands.filter((_, index) => {
      const decision = all.decisions[index]
      return decision !== undefined && E.isRight(decision)
    })
    const without = runCommands(decider, accepted)
    return (
      difference('the events without the rejected commands', without.events, all.events) ??
      difference('the state without the rejected commands', without.state, all.state)
    )
  },
})

/** All interpretations of a decider agree. */
export const sameHistory = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'every interpretation agrees',
  meaning: 'event-sourced, state-stored or as a Mealy machine: the same states and the same errors',
  problem: ({ commands }) => {
    const { step } = toMealy(decider)
    const stateStored = toStateStored(decider)
    let stored: ReadonlyArray<Event> = []
    let state = decider.initialState
    for (const command of commands) {
      const decision = decider.decide(command, replay(decider, stored))
      if (E.isRight(decision)) stored = [...stored, ...decision.right]
      const next = replay(decider, stored)
      const mealy = step(state, command)
      const kept = stateStored.decide(command, state)
      const problem =
        difference('the Mealy machine', mealy, { state: next, decision }) ??
        difference('the state kept', kept, E.isLeft(decision) ? decision : E.right(next))
      if (problem !== undefined) return problem
      state = mealy.state
    }
    return undefined
  },
})

/** A terminal state stays terminal. */
export const finalEnd = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): DeciderLaw<Command, Event> => ({
  name: 'the end is final',
  meaning: 'once the state is terminal, no accepted command makes it non-terminal',
  ...(decider.isTerminal === undefined ? { unchecked: 'the decider has no isTerminal' } : {}),
  problem: ({ commands }) => {
    const { step } = toMealy(decider)
    let state = decider.initialState
    for (const command of commands) {
      const next = step(state, command).state
      if (decider.isTerminal?.(state) === true && !decider.isTerminal(next)) {
        return `${show(state)} is terminal, but ${show(command)} leads to ${show(next)}, which is not`
      }
      state = next
    }
    return undefined
  },
})

/** A command that is sent twice has one effect. */
export const idempotent = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  isIdempotent: (command: Command) => boolean,
): DeciderLaw<Command, Event> => ({
  name: 'idempotent',
  meaning: 'a command that is sent again immediately records nothing the second time',
  problem: ({ commands }) => {
    const { step } = toMealy(decider)
    let state = decider.initialState
    for (const command of commands) {
      const first = step(state, command)
      const again = decider.decide(command, first.state)
      const isTwice = E.isRight(first.decision) && E.isRight(again) && again.right.length > 0
      if (isTwice && isIdempotent(command)) {
        return `${show(command)}, sent again immediately, recorded ${show(again.right)}`
      }
      state = first.state
    }
    return undefined
  },
})
