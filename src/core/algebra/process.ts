/**
 * The rules of a process manager: it receives events and issues commands. Pure, like a decider.
 *
 * - `evolve` updates the state. For an event of another process it returns the same state.
 * - `react` returns the commands that an event leads to; `state` is the one *after* that event.
 * - `resume` returns the commands that a state is still waiting for: those to send again after a restart.
 *   A command of `react` is among them until an event has answered it. Used when only the state is
 *   stored, not the pending commands (as by `drive`). `runProcessManager` stores the commands themselves
 *   and does not call it.
 * - `isTerminal` says that the process has ended: in such a state neither `react` nor `resume` is called.
 *
 * Source: J. Chassaing, "Functional Event Sourcing Decider", 2021-12-17,
 * https://thinkbeforecoding.com/post/2021/12/17/functional-event-sourcing-decider
 */
export interface Process<Event, Command, State> {
  readonly initialState: State
  readonly evolve: (state: State, event: Event) => State
  readonly react: (state: State, event: Event) => ReadonlyArray<Command>
  readonly resume: (state: State) => ReadonlyArray<Command>
  readonly isTerminal?: (state: State) => boolean
}

/**
 * The commands that `event` leads to; `state` is the one after it. None in a terminal state.
 *
 * @example
 * const state = transferProcess.evolve(transferProcess.initialState, { type: 'AccountClosed' })
 * const commands = reactTo(transferProcess, state, { type: 'AccountClosed' })
 */
export const reactTo = <Event, Command, State>(
  process: Process<Event, Command, State>,
  state: State,
  event: Event,
): ReadonlyArray<Command> =>
  process.isTerminal?.(state) === true ? [] : process.react(state, event)

/**
 * The commands that `state` is still waiting for. None in a terminal state.
 *
 * @example
 * const pending = resumeFrom(transferProcess, { amount: 20 })
 */
export const resumeFrom = <Event, Command, State>(
  process: Process<Event, Command, State>,
  state: State,
): ReadonlyArray<Command> => (process.isTerminal?.(state) === true ? [] : process.resume(state))

/** How a process fits into wider types: which events are its own, and what its commands become. */
export interface ProcessAdapter<OuterEvent, Event, Command, OuterCommand> {
  readonly event: (event: OuterEvent) => Event | undefined
  readonly command: (command: Command) => OuterCommand
}

/**
 * The same process for wider types of events and commands. It ignores events that are not its own.
 *
 * @example
 * const inTheBank = pipe(
 *   transferProcess,
 *   adaptProcess({
 *     event: (event: AccountEvent | GiftCardEvent) => ('owner' in event ? event : undefined),
 *     command: (command: AccountCommand) => ({ key: 'account', command }),
 *   }),
 * )
 */
export const adaptProcess =
  <OuterEvent, Event, Command, OuterCommand>(
    adapter: ProcessAdapter<OuterEvent, Event, Command, OuterCommand>,
  ) =>
  <State>(process: Process<Event, Command, State>): Process<OuterEvent, OuterCommand, State> => {
    const outwards = (commands: ReadonlyArray<Command>) =>
      commands.map((command) => adapter.command(command))
    return {
      ...process,
      evolve: (state, event) => {
        const ours = adapter.event(event)
        return ours === undefined ? state : process.evolve(state, ours)
      },
      react: (state, event) => {
        const ours = adapter.event(event)
        return ours === undefined ? [] : outwards(process.react(state, ours))
      },
      resume: (state) => outwards(process.resume(state)),
    }
  }
