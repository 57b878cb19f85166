import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest, CommandMark } from '../core/append'
import type { Metadata } from '../core/metadata'
import type { NewEvent, RecordedEvent } from '../core/recorded-event'
import type { StreamId, StreamVersion } from '../core/stream'
import type { CommandOptions, Handled } from './command-options'
import { decideOn, type DecideError, type Decision } from './decide'
import type { IdSource } from './ids'
import type { Current } from './play'
import type { Handling, Waiting } from './waiting'

/** A command with what was decided on it. */
export interface Decided<Command, State, Event, Rejection> {
  readonly waiting: Waiting<Command, State, Event, Rejection>
  readonly before: Current<State>
  readonly decision: E.Either<DecideError<Rejection>, Decision<State, Event>>
  /** What goes into the append for it. */
  readonly events: ReadonlyArray<NewEvent>
}

const metadataOf = ({ metadata = {}, commandId }: CommandOptions): Metadata =>
  commandId === undefined ? metadata : { correlationId: commandId, ...metadata, commandId }

const newEvents = (
  decision: E.Either<unknown, Decision<unknown, unknown>>,
  options: CommandOptions,
  ids: IdSource,
): ReadonlyArray<NewEvent> => {
  if (E.isLeft(decision) || decision.right.encoded.length === 0) return []
  const metadata = metadataOf(options)
  // Written out: spreading an object and adding to it takes V8 a hundred times as long.
  return decision.right.encoded.map(({ type, schemaVersion, data }) => ({
    id: ids.next(),
    type,
    schemaVersion,
    data,
    metadata,
  }))
}

/** Decides commands one after another, each on the state that those before it lead to. */
export const decideBatch = <Command, State, Event, Rejection>(
  { category, surroundings }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  base: Current<State>,
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
): ReadonlyArray<Decided<Command, State, Event, Rejection>> => {
  let before = base
  return batch.map((waiting) => {
    const decision = decideOn(category, streamId, waiting.command, before)
    const events = newEvents(decision, waiting.options, surroundings.ids)
    const decided = { waiting, before, decision, events }
    if (E.isRight(decision)) before = decision.right.next
    return decided
  })
}

/** What must be appended for a batch; `undefined` when that is nothing. */
export const requestFor = <Command, State, Event, Rejection>(
  streamId: StreamId,
  base: Current<State>,
  batch: ReadonlyArray<Decided<Command, State, Event, Rejection>>,
): AppendRequest | undefined => {
  const events: NewEvent[] = []
  const commands: CommandMark[] = []
  for (const { waiting, decision, events: own } of batch) {
    const { commandId } = waiting.options
    if (commandId !== undefined && E.isRight(decision)) {
      commands.push({ commandId, skip: events.length, eventCount: own.length })
    }
    events.push(...own)
  }
  if (events.length === 0 && commands.length === 0) return undefined
  const pinned = batch[0]?.waiting.options.expectedVersion
  return { streamId, expectedVersion: pinned ?? base.version, events, commands }
}

const recordedEvents = <Event>(
  streamId: StreamId,
  events: ReadonlyArray<Event>,
  stored: ReadonlyArray<NewEvent>,
  { version, positions, recordedAt }: Appended,
): ReadonlyArray<RecordedEvent<Event>> => {
  const recorded: RecordedEvent<Event>[] = []
  for (let index = 0; index < stored.length; index++) {
    const own = stored[index]
    const event = events[index]
    const position = positions[index]
    if (own === undefined || event === undefined || position === undefined) continue
    const { id, metadata } = own
    recorded.push({
      id,
      streamId,
      version: version + index + 1,
      position,
      recordedAt,
      metadata,
      event,
    })
  }
  return recorded
}

/**
 * What a batch that was stored has done, one for each of its commands; `undefined` for a refused one,
 * and for one that had nothing to do and no id to remember.
 *
 * @param before - the version before the first event of the batch.
 */
export const handledBy = <Command, State, Event, Rejection>(
  streamId: StreamId,
  batch: ReadonlyArray<Decided<Command, State, Event, Rejection>>,
  before: StreamVersion,
  { positions, recordedAt }: Appended,
): ReadonlyArray<Handled<State, Event> | undefined> => {
  let skip = 0
  return batch.map(({ waiting, decision, events }) => {
    const silent = events.length === 0 && waiting.options.commandId === undefined
    if (E.isLeft(decision) || silent) return undefined
    const from = skip
    skip += events.length
    return {
      events: recordedEvents(streamId, decision.right.events, events, {
        version: before + from,
        positions: positions.slice(from, skip),
        recordedAt,
      }),
      state: decision.right.next.state,
      version: before + skip,
    }
  })
}
