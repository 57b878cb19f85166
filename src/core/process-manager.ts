import type { Process } from './algebra/process'
import type { ProcessAction } from './process-action'
import type { CommandCodec } from './codec/command-codec'
import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { RecordedEvent } from './recorded-event'

/** The name of the subscription of a process manager begins with it. */
export const processPrefix = 'process:'

/** The subscription of a process manager. The states of its processes are in a collection of this name. */
export const processSubscription = (process: string): string => `${processPrefix}${process}`

/** The process manager whose subscription this is. `undefined`: it is not one of a process manager. */
export const processOf = (subscription: string): string | undefined =>
  subscription.startsWith(processPrefix) ? subscription.slice(processPrefix.length) : undefined

/** An event for one process, as that process takes it. */
export interface Routed<Event> {
  /** Which process it is for. */
  readonly key: string
  readonly event: Event
}

/**
 * Processes of one kind: each receives the events of its key, keeps a state, and issues commands.
 *
 * @typeParam Stored - the events as their codec reads them.
 * @typeParam Event - what a process receives: the same event, or a value made from the event and what was
 *   recorded with it.
 */
export interface ProcessManager<Stored, Event, Command, State> {
  /** 1 to 100 characters. */
  readonly name: string
  /** The events it receives: the types this codec knows, and no others. */
  readonly events: EventCodec<Stored>
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /**
   * Which process an event is for, and what that process receives: the event alone, or together with its
   * stream, time or metadata. `undefined`: it is for none. Pure.
   */
  readonly route: (recorded: RecordedEvent<Stored>) => Routed<Event> | undefined
  /**
   * The rules: a {@link Process} whose commands are {@link ProcessAction}s. `resume` is not used, because the
   * commands of `react` are persisted until they are answered, across restarts and releases. Once
   * `isTerminal` is true, the state and the timers of the process are deleted; later events of its key,
   * and rejections of its commands, are ignored. Without `isTerminal` a process never ends.
   */
  readonly process: Omit<Process<Event, ProcessAction<Command>, State>, 'resume'>
  /** How the state of a process is stored. It must read what earlier releases have stored. */
  readonly state: StateCodec<State>
  /**
   * How a command is stored until it is sent; usually the command codec of the receiver. It must read what
   * earlier releases have stored: a command that it cannot read is parked.
   */
  readonly commands: CommandCodec<Command>
  /**
   * What to do when a command is rejected: the compensation. Omitted: nothing, which is right when the
   * receiver records its rejections as events. Not called once the process has ended.
   */
  readonly onRejected?: (
    state: State,
    command: Command,
    rejection: unknown,
  ) => ReadonlyArray<ProcessAction<Command>>
}
