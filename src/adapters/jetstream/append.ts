import * as E from 'fp-ts/Either'
import { appendError, type Appended, type AppendRequest, type CommandMark } from '../../core/append'
import { bytesOf } from '../../core/code-points'
import { commandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import { limitExceeded } from '../../core/errors/event'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { Limits } from '../../core/limits'
import type { CommandRecord, StreamStore } from '../../core/ports/event-store'
import { MAXIMUM_VERSION, type StreamId } from '../../core/stream'
import {
  decodeCommit,
  decodeMark,
  encodeCommit,
  encodeEvents,
  encodeMark,
  positionOf,
} from './commit'
import type { Head, Heads } from './heads'
import { type Deadline, deadlineOf, isPast, type Link } from './link'
import { fromLeader } from './messages'
import { type InTheWay, publishExactly, type Unit, whileInFlight } from './publish'

/** A request as it was when it was handed in. */
interface Taken {
  readonly streamId: StreamId
  readonly expectedVersion: AppendRequest['expectedVersion']
  readonly count: number
  readonly events: string
  readonly commands: ReadonlyArray<CommandMark>
}

/** How many messages an atomic batch has at most: those of the commands, and the commit. */
const MOST_MESSAGES = 1_000

interface Mark {
  readonly record: CommandRecord
  /** The id of the append that has written it. */
  readonly own: string
}

/** The mark of a command as the leader has it, if it is there at the sequence `upTo` or before it. */
const markOf = async (
  link: Link,
  streamId: StreamId,
  { commandId, upTo }: { readonly commandId: string; readonly upTo: number },
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Mark | undefined>> => {
  const { subjects } = link
  const stream = subjects.eventStream(subjects.partitionOf(streamId))
  const wanted = { last_by_subj: subjects.mark(streamId, commandId) }
  const found = await fromLeader(link, stream, wanted, deadline)
  if (E.isLeft(found)) return found
  const message = found.right
  if (message === undefined || message.sequence > upTo) return E.right(undefined)
  const mark = decodeMark(message.text)
  const cause = new Error(
    `message ${message.sequence} of ${stream} (${message.subject}) is no mark`,
  )
  return mark === undefined
    ? E.left(storeFailed('CorruptRow', 'nothingWritten', cause))
    : E.right(mark)
}

/** The record of a command, if it was handled by the commit at `upTo` or before it. */
export const handledBefore = async (
  ...[link, streamId, command, deadline]: Parameters<typeof markOf>
): Promise<E.Either<StoreFailed, CommandRecord | undefined>> =>
  E.map((mark: Mark | undefined) => mark?.record)(await markOf(link, streamId, command, deadline))

/** The first of the commands that was handled before, as the error that says so. */
const alreadyHandled = async (
  link: Link,
  { streamId, commands }: Taken,
  deadline: Deadline,
): Promise<E.Either<AppendError, undefined>> => {
  for (const { commandId } of commands) {
    const known = await handledBefore(link, streamId, { commandId, upTo: Infinity }, deadline)
    if (E.isLeft(known)) return known
    if (known.right !== undefined) {
      return E.left(commandAlreadyHandled(streamId, commandId, known.right))
    }
  }
  return E.right(undefined)
}

/** The messages of an append to a stream that ends at `head`, and the id that they carry. */
const unitOf = (
  { subjects, now }: Link,
  { streamId, events, count, commands }: Taken,
  head: Head,
): { readonly own: string; readonly at: number; readonly unit: Unit } => {
  const own = crypto.randomUUID()
  const at = Math.max(Math.floor(now()), head.at)
  const marks = commands.map((command) => ({
    subject: subjects.mark(streamId, command.commandId),
    text: encodeMark(own, head.version, command),
    expected: 0,
  }))
  const ids = commands.map(({ commandId }) => commandId)
  const commit = {
    subject: subjects.commits(streamId),
    // Without an event the stream's time stays that of its last one.
    text: encodeCommit({ own, after: head.version, at: count === 0 ? head.at : at }, events, ids),
    expected: head.sequence,
  }
  return { own, at, unit: [...marks, commit] }
}

/** Why the unit is larger than a server takes, or `undefined`. */
const tooLarge = (
  { connection }: Link,
  streamId: StreamId,
  unit: Unit,
): AppendError | undefined => {
  const largest = connection.info?.max_payload ?? Infinity
  for (const { text } of unit) {
    if (text.length * 3 <= largest) continue
    const bytes = bytesOf(text)
    if (bytes > largest) return limitExceeded(streamId, 'appendSize', largest, bytes)
  }
  return undefined
}

/** What is in the way of an append that was refused although the stream was at `head`. */
const inTheWay =
  (link: Link, { streamId, commands }: Taken, expected: Head, deadline: Deadline) =>
  async (own: string): Promise<E.Either<StoreFailed, InTheWay>> => {
    const { subjects } = link
    const stream = subjects.eventStream(subjects.partitionOf(streamId))
    const next = { next_by_subj: subjects.commits(streamId), seq: expected.sequence + 1 }
    const found = await fromLeader(link, stream, next, deadline)
    if (E.isLeft(found)) return found
    if (found.right !== undefined) {
      const { sequence, text } = found.right
      return E.right(
        decodeCommit(text)?.own === own ? { _tag: 'Own', sequence } : { _tag: 'Other' },
      )
    }
    for (const { commandId } of commands) {
      const mark = await markOf(link, streamId, { commandId, upTo: Infinity }, deadline)
      if (E.isLeft(mark)) return mark
      // Of its own append the commit is on its way: it comes with the mark.
      if (mark.right !== undefined && mark.right.own !== own) return E.right({ _tag: 'Other' })
    }
    return E.right({ _tag: 'Nothing' })
  }

/** Appends with an expected last sequence of the stream's subject: the leader of the JetStream stream is the judge. */
const appendTaken = async (
  link: Link,
  heads: Heads,
  taken: Taken,
): Promise<E.Either<AppendError, Appended>> => {
  const { streamId, expectedVersion, count } = taken
  const deadline = deadlineOf(link)
  let head: Head | undefined = heads.remembered(streamId)
  let isFresh = false
  for (let inFlight = 0; ;) {
    if (head === undefined || !(isFresh || versionFits(expectedVersion, head.version))) {
      const loaded = await heads.load(streamId, deadline)
      if (E.isLeft(loaded)) return loaded
      head = loaded.right
    }
    if (!versionFits(expectedVersion, head.version)) {
      const handled = await alreadyHandled(link, taken, deadline)
      return E.isLeft(handled)
        ? handled
        : E.left(versionConflict(streamId, expectedVersion, head.version))
    }
    const version = head.version + count
    if (version > MAXIMUM_VERSION) {
      return E.left(limitExceeded(streamId, 'streamVersion', MAXIMUM_VERSION, version))
    }
    const { own, at, unit } = unitOf(link, taken, head)
    const error = tooLarge(link, streamId, unit)
    if (error !== undefined) return E.left(error)
    const look = inTheWay(link, taken, head, deadline)
    const published = await publishExactly(link, unit, () => look(own), deadline)
    if (E.isLeft(published)) return published
    if (published.right._tag === 'Stored') {
      const { sequence } = published.right
      heads.remember(streamId, { sequence, version, at: count === 0 ? head.at : at })
      const positions = Array.from({ length: count }, (_, index) => positionOf(sequence, index))
      return E.right({ version, positions, recordedAt: at })
    }
    if (isPast(deadline)) {
      const cause = new Error(`others have written to ${streamId} first, again and again`)
      return E.left(storeFailed('TimedOut', 'nothingWritten', cause))
    }
    const [handled, next] = await Promise.all([
      alreadyHandled(link, taken, deadline),
      heads.load(streamId, deadline),
    ])
    if (E.isLeft(handled)) return handled
    if (E.isLeft(next)) return next
    if (next.right.sequence === head.sequence) await whileInFlight(inFlight++)
    else inFlight = 0
    head = next.right
    isFresh = true
  }
}

/** What an append needs, and what it is told before it begins. */
export interface AppendParts {
  readonly link: Link
  readonly heads: Heads
  readonly limits: Limits
  /** Whether the store can be used. */
  readonly ready: () => Promise<E.Either<StoreFailed, unknown>>
}

/** See {@link StreamStore.append}. What is appended is encoded before anything else happens. */
export const appendTo =
  ({ link, heads, limits, ready }: AppendParts): StreamStore['append'] =>
  (request) =>
  async () => {
    const error = appendError(request, limits)
    if (error !== undefined) return E.left(error)
    const { streamId, expectedVersion, events, commands } = request
    if (commands.length >= MOST_MESSAGES) {
      return E.left(limitExceeded(streamId, 'appendSize', MOST_MESSAGES - 1, commands.length))
    }
    const taken: Taken = {
      streamId,
      expectedVersion,
      count: events.length,
      events: encodeEvents(events),
      commands: commands.map((command) => ({ ...command })),
    }
    const usable = await ready()
    return E.isLeft(usable) ? usable : appendTaken(link, heads, taken)
  }
