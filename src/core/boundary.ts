import type { BoundaryQuery } from './boundary-query'
import type { Category } from './category'
import type { CommandCodec } from './codec/command-codec'
import type { EventCodec } from './codec/event-codec'
import type { Decider } from './decider'
import type { StreamId } from './stream'

/**
 * A rule that spans several things, each of which may have events in many streams: its name, its rules, and which events
 * they depend on. A description only: `openBoundary` is what runs it.
 *
 * The decider is one like any other. Its state is made of the events that match the query of the command, in the order
 * of their positions, and of no others: `decide` must not look at anything that the query does not name. See
 * docs/explanation/boundaries.md.
 */
export interface Boundary<Command, State, Event, Rejection> {
  /**
   * What it is called in errors and notices, and under which the ids of its commands are remembered: on streams such as
   * `boundary-<name>-0aZ9_xyz`, which have no events. 1 to 237 characters. It must not change.
   */
  readonly name: string
  readonly decider: Decider<Command, State, Event, Rejection>
  readonly commands: CommandCodec<Command>
  /** Of all events that match a query, whoever has appended them. */
  readonly events: EventCodec<Event>
  /** The events that the decision on a command depends on. Pure. 1 to 1,000 items, each with 1 to 32 tags. */
  readonly query: (command: Command) => BoundaryQuery
  /** What an event concerns: `['course:math', 'student:ada']`. Pure. In any order; at most 31, of 1 to 255 characters. */
  readonly tags: (event: Event) => ReadonlyArray<string>
  /**
   * The stream that an event is appended to: `booking-math_ada`. Pure. Events of one decision that have several homes are
   * stored one home after another, in the order of their ids, and `evolve` meets them in that order.
   */
  readonly home: (event: Event) => StreamId
}

/**
 * One stream as a boundary: of the same commands it makes the same events and states. Its events have the id of the
 * stream as their tag, beside those that the category gives them; it sees no others.
 *
 * @param id - of the stream, without the category: `A1` in `account-A1`.
 *
 * @example
 * const ada = openBoundary(boundaryOf(account, 'A1'), memory())
 * await ada.handleCommand({ type: 'OpenAccount', owner: 'Ada' })()
 */
export const boundaryOf = <Command, State, Event, Rejection>(
  { name, decider, commands, events, tags }: Category<Command, State, Event, Rejection>,
  id: string,
): Boundary<Command, State, Event, Rejection> => {
  const stream: StreamId = `${name}-${id}`
  return {
    name: stream,
    decider,
    commands,
    events,
    query: () => [{ tags: [stream] }],
    tags: (event) => [stream, ...(tags?.(event, id) ?? [])],
    home: () => stream,
  }
}
