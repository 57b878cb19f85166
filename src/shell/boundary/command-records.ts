import * as E from 'fp-ts/Either'
import type { AppendRequest } from '../../core/append'
import type { BoundaryQuery } from '../../core/boundary-query'
import { type CommandIdReused, commandIdReused } from '../../core/errors/conflict'
import { storeFailed } from '../../core/errors/store'
import type { BoundaryLoadError } from '../../core/errors/unions'
import type { RecordedEvent } from '../../core/recorded-event'
import type { Position, StreamId } from '../../core/stream'
import { sha256 } from '../../platform/node'
import {
  type CategoryTypes,
  type CommandResult,
  isOtherCommand,
  type SentOptions,
} from '../category/command'
import { decodeRecorded } from '../state/replay'
import { type BoundaryRuntime, stateUpTo } from './read-boundary'

// A command with an id is remembered on a stream that has no events, and that its boundary and its id name; the store keeps the record as the
// fingerprint of the command. Its events, wherever their homes are, are found by a tag that they have beside their own.

const hashOf = (boundary: string, commandId: string): string =>
  sha256(JSON.stringify([boundary, commandId]), 'base64url')

/** One stream for nearly every command: appends that name the same stream do not share a statement. */
const recordsOf = (boundary: string, commandId: string): StreamId =>
  `boundary-${boundary}-${hashOf(boundary, commandId).slice(0, 8)}`

/** The tag of the events of a command. As short for every name and id. */
export const commandTag = (boundary: string, commandId: string): string =>
  `reprise:command:${hashOf(boundary, commandId)}`

/** What is remembered of a command. */
interface CommandNote {
  readonly fingerprint: string | undefined
  readonly eventCount: number
  /** What it was decided on: everything that matches up to here. */
  readonly upTo: Position
}

const NOTE = /^([0-9a-f]*):([0-9]+):([0-9]+)$/

const writtenNote = ({ fingerprint = '', eventCount, upTo }: CommandNote): string =>
  `${fingerprint}:${eventCount}:${upTo}`

const readNote = (text: string | undefined): CommandNote | undefined => {
  const [, fingerprint = '', count, upTo] = NOTE.exec(text ?? '') ?? []
  if (count === undefined || upTo === undefined) return undefined
  return {
    fingerprint: fingerprint === '' ? undefined : fingerprint,
    eventCount: Number(count),
    upTo: Number(upTo),
  }
}

/** The part of an append that remembers a command: on a stream to which nothing is added. */
export const recordRequest = (
  boundary: string,
  { commandId, fingerprint }: SentOptions,
  note: Omit<CommandNote, 'fingerprint'>,
): ReadonlyArray<AppendRequest> => {
  if (commandId === undefined) return []
  const mark = {
    commandId,
    skip: 0,
    eventCount: 0,
    fingerprint: writtenNote({ ...note, fingerprint }),
  }
  const streamId = recordsOf(boundary, commandId)
  return [{ streamId, expectedVersion: 'any', events: [], commands: [mark] }]
}

type Answered<Of extends CategoryTypes> = CommandResult<Of['state'], Of['event']>

const corrupt = (boundary: string, commandId: string, problem: string) =>
  E.left(
    storeFailed(
      'CorruptRow',
      'nothingWritten',
      undefined,
      `${boundary} has handled command ${commandId}, but ${problem}`,
    ),
  )

/** The events of a command that was handled, in the order of their positions. */
const eventsOfCommand = async <Of extends CategoryTypes>(
  { boundary, store, settings }: BoundaryRuntime<Of>,
  commandId: string,
): Promise<E.Either<BoundaryLoadError, ReadonlyArray<RecordedEvent<Of['event']>>>> => {
  const query: BoundaryQuery = [{ tags: [commandTag(boundary.name, commandId)] }]
  const recorded: RecordedEvent<Of['event']>[] = []
  let sight = { after: 0, count: 0 }
  for (;;) {
    const page = await store.readMatching(query, { sight, limit: settings.pageSize })()
    if (E.isLeft(page)) return page
    for (const stored of page.right.events) {
      const event = decodeRecorded(boundary, stored)
      if (E.isLeft(event)) return event
      recorded.push(event.right)
    }
    if (!page.right.more) return E.right(recorded)
    sight = page.right.sight
  }
}

/**
 * The answer that a command was given when it was handled first; `undefined` if none was handled under its id, and
 * `CommandIdReused` if that was another one.
 */
export const answeredBefore = async <Of extends CategoryTypes>(
  runtime: BoundaryRuntime<Of>,
  query: BoundaryQuery,
  { commandId, fingerprint }: SentOptions,
): Promise<E.Either<BoundaryLoadError | CommandIdReused, Answered<Of> | undefined>> => {
  if (commandId === undefined) return E.right(undefined)
  const { name } = runtime.boundary
  const loaded = await runtime.store.load({
    streamId: recordsOf(name, commandId),
    after: 0,
    limit: 1,
    commandId,
  })()
  if (E.isLeft(loaded)) return loaded
  const { handled } = loaded.right
  if (handled === undefined) return E.right(undefined)
  const note = readNote(handled.fingerprint)
  if (note === undefined) return corrupt(name, commandId, 'what was noted of it cannot be read')
  if (isOtherCommand(fingerprint, note.fingerprint)) return E.left(commandIdReused(name, commandId))
  const events = note.eventCount === 0 ? E.right([]) : await eventsOfCommand(runtime, commandId)
  if (E.isLeft(events)) return events
  const { length } = events.right
  if (length !== note.eventCount) {
    return corrupt(name, commandId, `has ${length} of its ${note.eventCount} events`)
  }
  const after = await stateUpTo(runtime, query, events.right.at(-1)?.position ?? note.upTo)
  return E.isLeft(after) ? after : E.right({ events: events.right, ...after.right })
}
