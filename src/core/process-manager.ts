import type { Ask } from './ask'
import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { RecordedEvent } from './recorded-event'

/** The pure half of a process manager. A process of the algebra that gives {@link Ask}s is one. */
export interface AskingProcess<Event, Command, State> {
  readonly initialState: State
  readonly evolve: (state: State, event: Event) => State
  /** What the event asks for; `state` is the one after it. */
  readonly react: (state: State, event: Event) => ReadonlyArray<Ask<Command>>
  readonly isTerminal?: (state: State) => boolean
}

/** Processes of one kind: each hears the events of its key, remembers, and asks for commands. */
export interface ProcessManager<Event, Command, State> {
  /** 1 to 100 characters. */
  readonly name: string
  /** What it hears: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Left out: all. */
  readonly categories?: ReadonlyArray<string>
  /** Which process an event belongs to. `undefined`: none. */
  readonly key: (event: RecordedEvent<Event>) => string | undefined
  readonly process: AskingProcess<Event, Command, State>
  /** How the state of a process is written. */
  readonly state: StateCodec<State>
  /** How a command is written until it is sent. */
  readonly commands: StateCodec<Command>
  /**
   * What a refused command asks for instead: the compensation. `undefined`: nothing, which is right when
   * the receiver records its refusals as events.
   */
  readonly refused?: (
    state: State,
    command: Command,
    rejection: unknown,
  ) => ReadonlyArray<Ask<Command>>
}
