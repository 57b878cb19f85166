import type { CommandCodec } from './codec/command-codec'
import type { EventCodec } from './codec/event-codec'
import type { StateCodec } from './codec/state-codec'
import type { Decider } from './decider'
import type { SnapshotPolicy } from './snapshot-policy'

/** What a category needs to store snapshots of its states. */
export interface Snapshots<State> {
  readonly state: StateCodec<State>
  readonly policy: SnapshotPolicy<State>
}

/**
 * All streams of one kind: their name, their rules, and the codecs of their commands, events and states.
 * A description only: the shell is what runs it.
 */
export interface Category<Command, State, Event, Rejection> {
  /** The first part of every stream id: `account` in `account-A1`. Not empty, no `-`. */
  readonly name: string
  readonly decider: Decider<Command, State, Event, Rejection>
  readonly commands: CommandCodec<Command>
  readonly events: EventCodec<Event>
  /** Omitted: no snapshots; every load reads the whole stream. */
  readonly snapshots?: Snapshots<State>
}
