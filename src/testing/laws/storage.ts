import * as E from 'fp-ts/Either'
import { runCommands } from '../../core/algebra/run'
import type { CommandCodec } from '../../core/codec/command-codec'
import type { EventCodec } from '../../core/codec/event-codec'
import type { StateCodec } from '../../core/codec/state-codec'
import { type Decider, replay, replayFrom } from '../../core/decider'
import { describeIssues } from '../../core/issue'
import { type Json, toJsonObject } from '../../core/json'
import { revealed } from '../../core/personal'
import type { EncodedEvent } from '../../core/recorded-event'
import { type DeciderLaw, firstProblem } from './law'
import { difference, show } from './show-difference'

// The value as a store returns it, nobody forgotten.
const stored = (value: Json): unknown => JSON.parse(JSON.stringify(revealed(value)))

/** A snapshot can replace the events before it. */
export const snapshots = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  codec: StateCodec<State>,
): DeciderLaw<Command, Event> => ({
  name: 'a snapshot at every cut equals replay',
  meaning:
    'a state stored at any version plus the events after it give the same state as all events',
  problem: ({ commands }) => {
    const { events } = runCommands(decider, commands)
    const whole = replay(decider, events)
    return firstProblem(
      [0, ...events.keys()].map((_, cut) => cut),
      (cut) => {
        const state = replay(decider, events.slice(0, cut))
        const written = codec.encode(state)
        if (E.isLeft(written))
          return `${show(state)} cannot be encoded: ${describeIssues(written.left)}`
        const read = codec.decode(stored(written.right))
        if (E.isLeft(read))
          return `${show(state)} cannot be decoded again: ${describeIssues(read.left)}`
        const resumed = replayFrom(decider, read.right, events.slice(cut))
        return (
          difference(`the snapshot at version ${cut}`, read.right, state) ??
          difference(`replayed from the snapshot at version ${cut}`, resumed, whole)
        )
      },
    )
  },
})

const eventProblem = <Event>(codec: EventCodec<Event>, event: Event): string | undefined => {
  const written = codec.encode(event)
  if (E.isLeft(written)) return `${show(event)} cannot be encoded: ${describeIssues(written.left)}`
  const { type, schemaVersion } = written.right
  const data = toJsonObject(stored(written.right.data))
  if (E.isLeft(data)) return `${show(event)} is not JSON: ${describeIssues(data.left)}`
  const read = codec.decode({ type, schemaVersion, data: data.right })
  if (E.isLeft(read)) return `${show(event)} cannot be decoded again: ${describeIssues(read.left)}`
  return (
    difference('the event, encoded and decoded', read.right, event) ??
    difference('the type it is stored under', type, codec.typeOf(event)) ??
    difference('its schema version', schemaVersion, codec.schemaVersions[type])
  )
}

/** An event is decoded as it was encoded. */
export const eventRoundTrip = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  codec: EventCodec<Event>,
): DeciderLaw<Command, Event> => ({
  name: 'events survive the store',
  meaning: 'an event that is encoded and decoded is the event that was decided',
  problem: ({ commands, events }) =>
    firstProblem([...runCommands(decider, commands).events, ...events], (event) =>
      eventProblem(codec, event),
    ),
})

/** A command is decoded as it was sent. */
export const commandRoundTrip = <Command, Event>(
  codec: CommandCodec<Command>,
): DeciderLaw<Command, Event> => ({
  name: 'commands pass validation',
  meaning: 'a valid command is accepted by its codec and decoded unchanged',
  problem: ({ commands }) =>
    firstProblem(commands, (command) => {
      const taken = codec.decode(command)
      return E.isLeft(taken)
        ? `${show(command)} is not accepted: ${describeIssues(taken.left)}`
        : difference('the decoded command', taken.right, command)
    }),
})

/** Events of older releases can be decoded, and then be encoded and decoded again. */
export const upcasting = <Command, Event>(
  codec: EventCodec<Event>,
  old: ReadonlyArray<EncodedEvent>,
): DeciderLaw<Command, Event> => ({
  name: 'upcasting a chain equals one jump',
  meaning: 'an event of any old schema version is decoded as one of the current version',
  ...(old.length === 0 ? { unchecked: 'no stored events of older versions were given' } : {}),
  problem: () =>
    firstProblem(old, (event) => {
      const read = codec.decode(event)
      if (E.isLeft(read)) return `${show(event)} cannot be decoded: ${describeIssues(read.left)}`
      return eventProblem(codec, read.right)
    }),
})
