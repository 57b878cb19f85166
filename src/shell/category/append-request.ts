import * as E from 'fp-ts/Either'
import type { WrittenEvent } from '../../core/codec/event-codec'
import type { Appended, AppendRequest, CommandMark } from '../../core/append'
import { type Metadata, noMetadata } from '../../core/metadata'
import type { NewEvent, RecordedEvent } from '../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../core/stream'
import { type CommandOptions, isDecidedAgain, type SentOptions } from './command-options'
import type { Decision } from './decide'
import type { IdSource } from './ids'

/** The part of an append that belongs to one command. */
export interface AppendPart {
  readonly pending: { readonly options: SentOptions }
  readonly decision: E.Either<unknown, unknown>
  /** Empty for a rejection, and for a decision to do nothing. */
  readonly events: ReadonlyArray<NewEvent>
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
