import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'
import { withKey } from './keyed'
import { type Process, reactTo, resumeFrom } from './process'

/** The state of a process and that of the decider it drives. */
export interface Driven<ProcessState, State> {
  readonly process: ProcessState
  readonly decider: State
}

/** The process kept issuing commands and did not finish within the limit. Nothing was recorded. */
export interface StepLimitReached {
  readonly _tag: 'StepLimitReached'
  /** How many commands were decided. */
  readonly limit: number
  readonly message: string
}
/**
 * The rejection {@link StepLimitReached}, as {@link drive} makes it.
 *
 * @param limit - how many commands were decided.
 *
 * @example
 * stepLimitReached(1_000).message
 */
export const stepLimitReached = (limit: number): StepLimitReached => ({
  _tag: 'StepLimitReached',
  limit,
  message: `The process issued more than ${limit} commands, so it may never finish. Nothing was recorded.`,
})

/** A decider that a process drives. `resume` decides the commands that a stored state is waiting for. */
export interface DrivenDecider<Command, State, Event, Rejection> extends Decider<
  Command,
  State,
  Event,
  Rejection
> {
  /**
   * The events that the pending commands lead to. A rejection of one of them is the answer, or {@link
   * StepLimitReached}.
   */
  readonly resume: (state: State) => E.Either<Rejection, ReadonlyArray<Event>>
}

/** The default for the number of commands that one command may lead to, itself included. */
export const DEFAULT_STEP_LIMIT = 1_000

/**
 * A process and a decider as one decider. Every event goes to the process; the commands that it issues
 * are decided next, in the order in which they were issued, each on the state after all events before
 * it. All or nothing: if any of these commands is rejected, the whole command is rejected and nothing is
 * recorded. To continue instead, record the rejection as an event: `recordRejection`.
 *
 * A process in a terminal state issues no commands; the decider still takes them.
 *
 * @param stepLimit - how many commands are decided for one command, at most; integer, 1 or more. Beyond
 *   it the command is rejected with {@link StepLimitReached}.
 *
 * @example
 * const bank = drive(transferProcess)(account)
 * bank.decide({ type: 'OpenAccount', owner: 'Ada' }, bank.initialState)
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

    const decideAll = (
      first: ReadonlyArray<Command>,
      from: Both,
    ): E.Either<Rejection | StepLimitReached, ReadonlyArray<Event>> => {
      const pending = [...first]
      const events: Array<Event> = []
      let state = from
      // The loop also visits what is pushed while it runs: each command may add more at the end.
      for (const [step, command] of pending.entries()) {
        if (step >= stepLimit) return E.left(stepLimitReached(stepLimit))
        const decision = decider.decide(command, state.decider)
        if (E.isLeft(decision)) return decision
        for (const event of decision.right) {
          state = evolve(state, event)
          events.push(event)
          pending.push(...reactTo(process, state.process, event))
        }
      }
      return E.right(events)
    }

    const { isTerminal } = decider
    return {
      initialState: { process: process.initialState, decider: decider.initialState },
      decide: (command, state) => decideAll([command], state),
      evolve,
      resume: (state) => decideAll(resumeFrom(process, state.process), state),
      ...(isTerminal === undefined ? {} : { isTerminal: (state) => isTerminal(state.decider) }),
    }
  }
