import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest, CommandMark } from '../../core/append'
import type { Category } from '../../core/category'
import { type EventCodec, roundTripOf, type WrittenEvent } from '../../core/codec/event-codec'
import {
  type DeciderThrew,
  deciderThrew,
  type Rejected,
  rejected,
} from '../../core/errors/decision'
import { unencodableEvent, type UnencodableEvent } from '../../core/errors/event'
import { jsonSize } from '../../core/json'
import { JSON_PER_STATEMENT } from '../../core/limits'
import { type Metadata, noMetadata } from '../../core/metadata'
import type { NewEvent, RecordedEvent } from '../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../core/stream'
import { sortedTags } from '../../core/tags'
import { catching } from '../catching'
import type { Versioned } from '../state/replay'
import {
  type CommandOptions,
  isDecidedAgain,
  type SentOptions,
  type CategoryTypes,
} from './command'
import type { CategoryRuntime, Pending } from './handle-commands'
import type { IdSource } from './ids'

/** An event that was decided, with its tags if its category has any. */
export interface DecidedEvent<Event> extends WrittenEvent<Event> {
  /** Sorted, each once. */
  readonly tags?: ReadonlyArray<string>
}

/** What was decided, and where it leads. */
export interface Decision<State, Event> {
  readonly events: ReadonlyArray<DecidedEvent<Event>>
  readonly next: Versioned<State>
}

export type DecideError<Rejection> = Rejected<Rejection> | DeciderThrew | UnencodableEvent

const idIn = (name: string, streamId: StreamId): string => streamId.slice(name.length + 1)

// Outside the loop below: a closure inside it would be allocated in every turn.
const nameOf = <Event>(codec: EventCodec<Event>, event: Event): string => {
  const type = catching(() => codec.typeOf(event))
  return E.isRight(type) ? type.right : '?'
}

/**
 * Decides, encodes and evolves, before anything is stored: an event that cannot be written or read back,
 * or on which `evolve` throws, never gets into the stream. The state is made from what is stored, so it
 * is the one that a reload would give.
 */
export const decideOn = <Command, State, Event, Rejection>(
  category: Category<Command, State, Event, Rejection>,
  streamId: StreamId,
  command: Command,
  current: Versioned<State>,
): E.Either<DecideError<Rejection>, Decision<State, Event>> => {
  const { decider, events: codec, tags: tagsOf } = category
  let { state, version } = current
  let calling: 'decide' | 'codec' | 'evolve' | 'tags' = 'decide'
  try {
    const decided = decider.decide(command, state)
    if (E.isLeft(decided)) return E.left(rejected(streamId, version, decided.left))
    // One that grows takes more than it needs.
    const events = new Array<DecidedEvent<Event>>(decided.right.length)
    let index = 0
    for (const event of decided.right) {
      calling = 'codec'
      const written = roundTripOf(codec, event)
      if (E.isLeft(written)) {
        return E.left(unencodableEvent(streamId, index, nameOf(codec, event), written.left))
      }
      events[index] = written.right
      if (tagsOf !== undefined) {
        calling = 'tags'
        const tags = sortedTags(tagsOf(written.right.event, idIn(category.name, streamId)))
        events[index] = { ...written.right, tags }
      }
      index += 1
      calling = 'evolve'
      state = decider.evolve(state, written.right.event)
      version += 1
    }
    return E.right({ events, next: { state, version } })
  } catch (cause) {
    return E.left(deciderThrew(streamId, version, calling, cause))
  }
}

const metadataOf = ({ metadata = noMetadata, commandId }: CommandOptions): Metadata =>
  commandId === undefined ? metadata : { correlationId: commandId, ...metadata, commandId }

const NO_EVENTS: ReadonlyArray<NewEvent> = []

/** The events of a decision, ready to be appended. */
export const newEvents = (
  decision: E.Either<unknown, Decision<unknown, unknown>>,
  options: CommandOptions,
  ids: IdSource,
): ReadonlyArray<NewEvent> => {
  if (E.isLeft(decision) || decision.right.events.length === 0) return NO_EVENTS
  const metadata = metadataOf(options)
  // Written out: spreading an object and adding to it takes V8 a hundred times as long.
  return decision.right.events.map(({ encoded: { type, schemaVersion, data }, tags }) =>
    tags === undefined
      ? { id: ids.next(), type, schemaVersion, data, metadata }
      : { id: ids.next(), type, schemaVersion, data, metadata, tags },
  )
}

/** A command, and what was decided on it. */
export interface Decided<Of extends CategoryTypes> {
  readonly pending: Pending<Of>
  readonly before: Versioned<Of['state']>
  readonly decision: E.Either<DecideError<Of['rejection']>, Decision<Of['state'], Of['event']>>
  readonly events: ReadonlyArray<NewEvent>
}

/** The state that a batch is decided on. */
export interface Base<Of extends CategoryTypes> {
  readonly current: Versioned<Of['state']>
  /** It was read just now, and the id of the batch's first command was looked up. */
  readonly loaded: boolean
}

/** A batch that was appended. */
export interface Stored<Of extends CategoryTypes> {
  readonly streamId: StreamId
  readonly base: Base<Of>
  readonly decided: ReadonlyArray<Decided<Of>>
  readonly appended: Appended
}

/**
 * Decides commands one after another, each on the state that those before it lead to. Stops before all are
 * decided when their events are much already: what waits for its turn is small.
 */
export const decideAll = <Of extends CategoryTypes>(
  { category, settings }: CategoryRuntime<Of>,
  streamId: StreamId,
  base: Versioned<Of['state']>,
  batch: ReadonlyArray<Pending<Of>>,
): ReadonlyArray<Decided<Of>> => {
  // One that grows takes more than it needs.
  const all = new Array<Decided<Of>>(batch.length)
  let count = 0
  let before = base
  let size = 0
  for (const pending of batch) {
    if (size > JSON_PER_STATEMENT) break
    const decision = decideOn(category, streamId, pending.command, before)
    const events = newEvents(decision, pending.options, settings.ids)
    all[count++] = { pending, before, decision, events }
    if (E.isRight(decision)) before = decision.right.next
    if (batch.length > 1) for (const { data } of events) size += jsonSize(data)
  }
  return count === batch.length ? all : all.slice(0, count)
}

/** What was too much for one append comes after what must be handled again. */
export const followedBy = async <Item>(
  again: ReadonlyArray<Item> | Promise<ReadonlyArray<Item>>,
  later: ReadonlyArray<Item>,
): Promise<ReadonlyArray<Item>> => [...(await again), ...later]

/** The part of an append that belongs to one command. */
export interface AppendPart {
  readonly pending: { readonly options: SentOptions }
  readonly decision: E.Either<unknown, unknown>
  /** Empty for a rejection, and for a decision to do nothing. */
  readonly events: ReadonlyArray<NewEvent>
}

/** Whether a command has a part in the append: events, or an id to remember. */
export const isAppended = ({ pending, decision, events }: AppendPart): boolean =>
  E.isRight(decision) && (events.length > 0 || pending.options.commandId !== undefined)

/**
 * What must be appended for a batch that was decided at `version`; `undefined` when that is nothing. A
 * pinned command is a batch of its own.
 */
export const appendRequest = (
  streamId: StreamId,
  version: StreamVersion,
  batch: ReadonlyArray<AppendPart>,
): AppendRequest | undefined => {
  const first = batch[0]
  const commands: CommandMark[] = []
  let skip = 0
  for (const { pending, decision, events } of batch) {
    const { commandId, fingerprint } = pending.options
    if (commandId !== undefined && E.isRight(decision)) {
      commands.push({ commandId, skip, eventCount: events.length, fingerprint })
    }
    skip += events.length
  }
  if (first === undefined || (skip === 0 && commands.length === 0)) return undefined
  const events = skip === first.events.length ? first.events : batch.flatMap((part) => part.events)
  const { options } = first.pending
  // `mustExist` was checked when the state was read: only `any` may be stored on another state than it was
  // decided on.
  const expectedVersion = isDecidedAgain(options) ? version : (options.expectedVersion ?? version)
  return { streamId, expectedVersion, events, commands }
}

/** Where the events of one command stand in the append that has stored them. */
export interface AppendOffset {
  /** The version before its first event. */
  readonly after: StreamVersion
  /** How many events of the append came before it. */
  readonly skip: number
  readonly appended: Appended
}

/** The events of one command as they were recorded. */
export const recordedEvents = <Event>(
  streamId: StreamId,
  decided: ReadonlyArray<WrittenEvent<Event>>,
  stored: ReadonlyArray<NewEvent>,
  { after, skip, appended: { positions, recordedAt } }: AppendOffset,
): ReadonlyArray<RecordedEvent<Event>> => {
  const recorded = new Array<RecordedEvent<Event>>(stored.length) // see decideOn
  let count = 0
  for (let index = 0; index < stored.length; index++) {
    const own = stored[index]
    const written = decided[index]
    const position = positions[skip + index]
    if (own === undefined || written === undefined || position === undefined) continue
    const { id, metadata } = own
    const { event } = written
    const version = after + index + 1
    recorded[count++] = { id, streamId, version, position, recordedAt, metadata, event }
  }
  return count === stored.length ? recorded : recorded.slice(0, count)
}
