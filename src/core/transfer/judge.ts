import * as E from 'fp-ts/Either'
import { appendError, checkedEventError } from '../append'
import { describeIssues } from '../issue'
import type { Limits } from '../limits'
import type {
  RawEvent,
  ExportedCommand,
  HistoricEvent,
  ImportBatch,
  ImportLook,
  Refusal,
} from '../ports/transfer'
import { MAXIMUM_VERSION, type StreamId, type StreamVersion } from '../stream'
import type { ArchiveLine } from './archive'
import { beginsStream, idOf } from './encoded-event'
import type { ParseLine, SourceLine } from './parse-line'

type Place = Pick<Refusal, 'line' | 'start' | 'length'>

/** As it was read, or as it was made. */
type AnyEvent = HistoricEvent | RawEvent

/** A line with what it says, or why it is refused whatever the store holds. */
export type ReadLine =
  | Exclude<ArchiveLine, { _tag: 'Event' | 'Command' }>
  | { readonly _tag: 'Event'; readonly at: Place; readonly event: AnyEvent }
  | { readonly _tag: 'Command'; readonly at: Place; readonly command: ExportedCommand }
  | { readonly _tag: 'Refused'; readonly refusal: Refusal }

/** By what lines are judged before the store is looked at. */
export interface LineRules {
  /** Reads a line. */
  readonly parse: ParseLine
  /** Of ids that several lines have, the first of those lines. */
  readonly duplicates: ReadonlyMap<string, number>
  /** Why an event is refused by its codec, or `undefined`. Omitted: none is. */
  readonly accept?:
    ((event: AnyEvent) => Pick<Refusal, 'reason' | 'message'> | undefined) | undefined
}

type Reason = Pick<Refusal, 'reason' | 'message'>

/** What was stored elsewhere was within the limits there. */
const ANY_SIZE: Limits = { eventsPerAppend: Infinity, eventSize: Infinity, appendSize: Infinity }

/** The last time that JavaScript knows. Milliseconds since 1970-01-01 UTC. */
const MAXIMUM_TIME = 8_640_000_000_000_000

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

const eventReason = (event: AnyEvent): Reason | undefined => {
  const { streamId, version, recordedAt } = event
  if (!isWhole(version, 1, MAXIMUM_VERSION - 1)) {
    return { reason: 'InvalidEvent', message: `${version} is no version of an event.` }
  }
  if (!isWhole(recordedAt, 0, MAXIMUM_TIME)) {
    return { reason: 'InvalidEvent', message: `${recordedAt} is no time in milliseconds.` }
  }
  const error =
    'raw' in event
      ? checkedEventError(streamId, event)
      : appendError(
          { streamId, expectedVersion: version - 1, events: [event], commands: [] },
          ANY_SIZE,
        )
  return error && { reason: error._tag, message: error.message }
}

const commandReason = (command: ExportedCommand): Reason | undefined => {
  const { streamId, commandId, after, eventCount, fingerprint } = command
  if (!isWhole(after, 0, MAXIMUM_VERSION) || !isWhole(eventCount, 0, MAXIMUM_VERSION - after)) {
    return { reason: 'InvalidCommand', message: `The events of ${commandId} are no versions.` }
  }
  const mark = { commandId, skip: 0, eventCount: 0, fingerprint }
  const request = { streamId, expectedVersion: after, events: [], commands: [mark] }
  const error = appendError(request, ANY_SIZE)
  return error && { reason: error._tag, message: error.message }
}

const refused = ({ line, start, length }: Place, reason: Reason): Refusal => ({
  ...{ line, start, length },
  ...reason,
})

/** What a line says, or why it is refused whatever the store holds. */
export const readLine = (at: SourceLine, { parse, duplicates, accept }: LineRules): ReadLine => {
  const refuse = (reason: Reason): ReadLine => ({ _tag: 'Refused', refusal: refused(at, reason) })
  const parsed = parse(at)
  if (E.isLeft(parsed)) {
    return refuse({ reason: 'UnknownLine', message: describeIssues(parsed.left) })
  }
  const read = parsed.right
  const { line, start, length } = at
  const place = { line, start, length }
  switch (read._tag) {
    case 'End':
      return read
    case 'Command': {
      const reason = commandReason(read.command)
      return reason === undefined
        ? { _tag: 'Command', at: place, command: read.command }
        : refuse(reason)
    }
    case 'Event': {
      const { event } = read
      const first = duplicates.size === 0 ? undefined : duplicates.get(idOf(event).toLowerCase())
      const reason =
        first === undefined || first === at.line
          ? (eventReason(event) ?? accept?.(event))
          : { reason: 'DuplicateId', message: `Line ${first} has the id ${idOf(event)}, too.` }
      return reason === undefined ? { _tag: 'Event', at: place, event } : refuse(reason)
    }
  }
}

/** What must be known of the store to judge some lines. */
export const lookOf = (
  lines: ReadonlyArray<ReadLine>,
): {
  readonly streams: ReadonlyArray<StreamId>
  readonly commands: ReadonlyArray<ExportedCommand>
} => {
  const streams = new Set<StreamId>()
  const commands: ExportedCommand[] = []
  for (const line of lines) {
    if (line._tag === 'Event') streams.add(line.event.streamId)
    if (line._tag !== 'Command') continue
    streams.add(line.command.streamId)
    commands.push(line.command)
  }
  return { streams: [...streams], commands }
}

const keyOf = ({ streamId, commandId }: ExportedCommand): string => `${streamId}\n${commandId}`

const isSame = (left: ExportedCommand, right: ExportedCommand): boolean =>
  left.after === right.after &&
  left.eventCount === right.eventCount &&
  left.fingerprint === right.fingerprint

const versionReason = (
  event: AnyEvent,
  current: StreamVersion,
  isClosed: boolean,
): Reason | undefined => {
  const { streamId, version } = event
  if (version === current + 1 || (current === 0 && beginsStream(event))) {
    return isClosed
      ? { reason: 'StreamClosed', message: `${streamId} was closed in this store.` }
      : undefined
  }
  if (current === MAXIMUM_VERSION) {
    return { reason: 'StreamErased', message: `${streamId} was erased from this store.` }
  }
  return version <= current
    ? { reason: 'VersionTaken', message: `${streamId} is at version ${current} already.` }
    : { reason: 'VersionMissing', message: `Version ${current + 1} of ${streamId} is missing.` }
}

/**
 * What of some lines is stored, and what is refused, in a store that is as `look` says. After an event that is refused, all
 * later ones of its stream are: their versions would have a gap.
 */
export const judge = (
  lines: ReadonlyArray<ReadLine>,
  look: ImportLook,
): Pick<ImportBatch<AnyEvent>, 'events' | 'commands' | 'refusals'> => {
  const versions = new Map(look.versions)
  const known = new Map(look.commands.map((command) => [keyOf(command), command]))
  const events: AnyEvent[] = []
  const commands: ExportedCommand[] = []
  const refusals: Refusal[] = []

  const judgeCommand = (command: ExportedCommand): Reason | undefined => {
    const { streamId, commandId, after, eventCount } = command
    const current = versions.get(streamId) ?? 0
    const before = known.get(keyOf(command))
    if (after + eventCount > current) {
      const message = `The events of ${commandId} are missing: ${streamId} is at version ${current}.`
      return { reason: 'VersionMissing', message }
    }
    if (before === undefined) {
      known.set(keyOf(command), command)
      commands.push(command)
      return undefined
    }
    return isSame(before, command)
      ? undefined
      : { reason: 'CommandTaken', message: `${streamId} has handled another ${commandId} already.` }
  }

  const judgeEvent = (event: AnyEvent): Reason | undefined => {
    const { streamId } = event
    const isClosed = look.closed?.has(streamId) ?? false
    const reason = versionReason(event, versions.get(streamId) ?? 0, isClosed)
    if (reason !== undefined) return reason
    versions.set(streamId, event.version)
    events.push(event)
    return undefined
  }

  for (const line of lines) {
    if (line._tag === 'End') continue
    if (line._tag === 'Refused') {
      refusals.push(line.refusal)
      continue
    }
    const reason = line._tag === 'Event' ? judgeEvent(line.event) : judgeCommand(line.command)
    if (reason !== undefined) refusals.push(refused(line.at, reason))
  }
  return { events, commands, refusals }
}
