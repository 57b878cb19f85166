import type { Ask } from './ask'
import type { CommandCodec } from './codec/command-codec'
import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { RecordedEvent } from './recorded-event'

const PREFIX = 'process:'

/** The subscription of a process manager. The states of its processes are in a collection of this name. */
export const processSubscription = (process: string): string => `${PREFIX}${process}`

/** The process manager whose subscription this is. `undefined`: it is not one of a process manager. */
export const processOf = (subscription: string): string | undefined =>
  subscription.startsWith(PREFIX) ? subscription.slice(PREFIX.length) : undefined

/**
 * The pure half of a process manager. A process of the algebra that gives {@link Ask}s is one; its
 * `resume` is never called, for what was asked for is kept until it is answered, across restarts and
 * releases.
 */
export interface AskingProcess<Event, Command, State> {
  readonly initialState: State
  readonly evolve: (state: State, event: Event) => State
  /** What the event asks for; `state` is the one after it. */
  readonly react: (state: State, event: Event) => ReadonlyArray<Ask<Command>>
  /**
   * The process is over: it awaits no answer. Its state and its timers are deleted; later events of its
   * key, and refusals of what it had asked for, are passed over. Left out: it is never over.
   */
  readonly isTerminal?: (state: State) => boolean
}

/** An event for one process, in the words of that process. */
export interface Heard<Event> {
  /** Which process it is for. */
  readonly key: string
  readonly event: Event
}

/**
 * Processes of one kind: each hears the events of its key, remembers, and asks for commands.
 *
 * @typeParam Stored - the events as their codec reads them.
 * @typeParam Event - what the process hears: the same, or something made from the event and from what is
 *   recorded with it.
 */
export interface ProcessManager<Stored, Event, Command, State> {
  /** 1 to 100 characters. */
  readonly name: string
  /** What it hears: the types that the codec knows, and no others. */
  readonly events: EventCodec<Stored>
  /** Only these categories. Left out: all. */
  readonly categories?: ReadonlyArray<string>
  /**
   * Which process an event is for, and what that one hears: the event itself, or the event together with
   * its stream, its time or its metadata. `undefined`: nobody hears it. Pure.
   */
  readonly hear: (recorded: RecordedEvent<Stored>) => Heard<Event> | undefined
  readonly process: AskingProcess<Event, Command, State>
  /** How the state of a process is written. It must read what earlier releases have written. */
  readonly state: StateCodec<State>
  /**
   * How a command is written until it is sent: the codec that checks it at the door will do. While commands
   * wait it must go on reading what it has written; one that it cannot read is parked.
   */
  readonly commands: CommandCodec<Command>
  /**
   * What a refused command asks for instead: the compensation. `undefined`: nothing, which is right when
   * the receiver records its refusals as events. Not asked when the process is over.
   */
  readonly refused?: (
    state: State,
    command: Command,
    rejection: unknown,
  ) => ReadonlyArray<Ask<Command>>
}
