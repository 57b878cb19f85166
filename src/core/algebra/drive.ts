import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'
import { withKey } from './keyed'
import { type Process, reactTo, resumeFrom } from './process'

/** What a decider and the process that drives it know, side by side. */
export interface Driven<ProcessState, State> {
  readonly process: ProcessState
  readonly decider: State
}

/** The process asked for more and more commands, and did not come to an end. Nothing is recorded. */
export interface StepLimitReached {
  readonly _tag: 'StepLimitReached'
  /** How many commands were decided. */
  readonly limit: number
  readonly message: string
}
export const stepLimitReached = (limit: number): StepLimitReached => ({
  _tag: 'StepLimitReached',
  limit,
  message: `The process still asked for commands after ${limit} of them: it may never end. Nothing was recorded.`,
})

/** A decider that a process drives. `resume` carries on where a state that was stored had stopped. */
export interface DrivenDecider<Command, State, Event, Rejection> extends Decider<
  Command,
  State,
  Event,
  Rejection
> {
  readonly resume: (state: State) => E.Either<Rejection, ReadonlyArray<Event>>
}

/** Commands that one command may lead to, itself included, unless said otherwise. */
export const DEFAULT_STEP_LIMIT = 1_000

/**
 * A process and a decider, as one decider: every event goes to the process, and the commands that it
 * asks for are decided next, first asked first, each one on the state that the events before it left.
 * It is all or nothing: when a command on the way is rejected, the first one is, and nothing is
 * recorded. To carry on instead, record the rejection as an event: `recordRejection`.
 *
 * A process that is over asks for nothing more; the decider goes on.
 *
 * @param stepLimit - how many commands are decided for one, at most; integer, 1 or more. Beyond it the
 *   command is rejected with {@link StepLimitReached}.
 */
export const drive =
  <Event, Command, ProcessState>(
    process: Process<Event, Command, ProcessState>,
    stepLimit = DEFAULT_STEP_LIMIT,
  ) =>
  <State, Rejection>(
    decider: Decider<Command, State, Event, Rejection>,
  ): DrivenDecider<Command, Driven<ProcessState, State>, Event, Rejection | StepLimitReached> => {
    type Both = Driven<ProcessState, State>

    const evolve = (state: Both, event: Event): Both =>
      withKey(
        withKey(state, 'process', process.evolve(state.process, event)),
        'decider',
        decider.evolve(state.decider, event),
      )

    const settle = (
      first: ReadonlyArray<Command>,
      from: Both,
    ): E.Either<Rejection | StepLimitReached, ReadonlyArray<Event>> => {
      const waiting = [...first]
      const events: Array<Event> = []
      let state = from
      // An array can be walked while it grows: each command may put more of them at the end.
      for (const [step, command] of waiting.entries()) {
        if (step >= stepLimit) return E.left(stepLimitReached(stepLimit))
        const decision = decider.decide(command, state.decider)
        if (E.isLeft(decision)) return decision
        for (const event of decision.right) {
          state = evolve(state, event)
          events.push(event)
          waiting.push(...reactTo(process, state.process, event))
        }
      }
      return E.right(events)
    }

    const { isTerminal } = decider
    return {
      initialState: { process: process.initialState, decider: decider.initialState },
      decide: (command, state) => settle([command], state),
      evolve,
      resume: (state) => settle(resumeFrom(process, state.process), state),
      ...(isTerminal === undefined ? {} : { isTerminal: (state) => isTerminal(state.decider) }),
    }
  }
