import * as E from 'fp-ts/Either'
import { type Decider, replayFrom } from '../decider'

/** The result of deciding a list of commands. */
export interface RunResult<State, Event, Rejection> {
  readonly state: State
  /** All events, oldest first. */
  readonly events: ReadonlyArray<Event>
  /** The decision on each command, in the order of the commands. */
  readonly decisions: ReadonlyArray<E.Either<Rejection, ReadonlyArray<Event>>>
}

/**
 * Decides `commands` one after another in memory, starting from the initial state. A rejection changes nothing.
 *
 * @example
 * const { state, events } = runCommands(giftCard, [{ type: 'IssueGiftCard', amount: 50 }])
 */
export const runCommands = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  commands: ReadonlyArray<Command>,
): RunResult<State, Event, Rejection> => runCommandsFrom(decider, decider.initialState, commands)

/**
 * Decides `commands` one after another in memory, starting from `state`. A rejection changes nothing.
 *
 * @example
 * const opened = { issued: true, balance: 50 }
 * const { decisions } = runCommandsFrom(giftCard, opened, [{ type: 'RedeemGiftCard', amount: 60 }])
 */
export const runCommandsFrom = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  state: State,
  commands: ReadonlyArray<Command>,
): RunResult<State, Event, Rejection> => {
  const decisions: Array<E.Either<Rejection, ReadonlyArray<Event>>> = []
  let current = state
  for (const command of commands) {
    const decision = decider.decide(command, current)
    decisions.push(decision)
    if (E.isRight(decision)) current = replayFrom(decider, current, decision.right)
  }
  const events = decisions.flatMap((decision) => (E.isRight(decision) ? decision.right : []))
  return { state: current, events, decisions }
}
