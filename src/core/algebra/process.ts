/**
 * A process manager: it hears events, and asks for commands. Pure, like a decider.
 *
 * - `evolve` keeps what it must remember. An event that is not ours leaves the state as it is.
 * - `react` gives the commands that an event asks for; `state` is the one *after* that event.
 * - `resume` gives the commands that a state is still waiting for: what to send again after a restart.
 *   Commands that `react` has asked for are among them until an event has answered them. For states that
 *   are kept without what they have asked for: `drive` calls it. `runProcessManager` keeps the commands
 *   themselves, and has no need of it.
 * - `isTerminal` says that the process is over: in such a state neither `react` nor `resume` is asked.
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

/** The commands that `event` asks for; `state` is the one after it. None when the process is over. */
export const reactTo = <Event, Command, State>(
  process: Process<Event, Command, State>,
  state: State,
  event: Event,
): ReadonlyArray<Command> =>
  process.isTerminal?.(state) === true ? [] : process.react(state, event)

/** The commands that `state` is still waiting for. None when the process is over. */
export const resumeFrom = <Event, Command, State>(
  process: Process<Event, Command, State>,
  state: State,
): ReadonlyArray<Command> => (process.isTerminal?.(state) === true ? [] : process.resume(state))

/** How a process speaks with a wider world: which events are its own, and what its commands become. */
export interface ProcessAdapter<OuterEvent, Event, Command, OuterCommand> {
  readonly event: (event: OuterEvent) => Event | undefined
  readonly command: (command: Command) => OuterCommand
}

/** The same process in a wider world. It neither remembers nor answers an event that is not its own. */
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
