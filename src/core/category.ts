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
  /**
   * What an event concerns beside its stream: `['course:math', 'student:ada']`. Whatever is appended on a condition about
   * one of these tags sees the event; see docs/explanation/boundaries.md. Pure. In any order; at most 32, of 1 to 255
   * characters each. What is stored already keeps the tags that it has. Omitted: none.
   *
   * @param id - of the stream, without the category: `A1` in `account-A1`.
   */
  // A method's type, which may stand where more events are expected: a category can be spread into one that has more.
  readonly tags?: { of(event: NoInfer<Event>, id: string): ReadonlyArray<string> }['of']
}
