import type { Json, JsonObject } from '../../core/json'
import type { StreamId, StreamVersion } from '../../core/stream'
import type { SeenEvent } from './entries'
import type { Report } from './violation'

/** A call with its times: the numbers of its first and its last line. */
export interface CallTimes {
  readonly call: number
  readonly begun: number
  /** `Infinity`: it may have its effect at any time. */
  readonly ended: number
}

/** What is known of one version of a stream. */
export interface VersionFacts {
  event: SeenEvent | undefined
  eventBy: number
  /** It was not there before this time, for this call says so, or began then. */
  notBefore: number
  notBeforeBy: number
  /** The version was written by an append that began at `notBefore`, not missing from an answer. */
  notBeforeIsAppend: boolean
  /** It was there at this time, for this call has shown it. */
  thereAt: number
  thereBy: number
  /** The last time at which an answer has shown it. */
  lastThereAt: number
}

/** An event on its way into a stream. */
export interface SentFacts {
  readonly call: number
  readonly begun: number
  /** Its place among the events of its append. */
  readonly index: number
  readonly count: number
  readonly digest: number
  readonly data: JsonObject
  outcome: 'acknowledged' | 'refused' | 'unknown'
  /** By several calls. */
  resent: boolean
}

interface MarkFacts {
  readonly call: number
  readonly begun: number
  /** The id of its first event. */
  readonly firstId: string | undefined
  readonly eventCount: number
  outcome: SentFacts['outcome']
  after: StreamVersion | undefined
  ended: number
}

interface HandledFacts extends CallTimes {
  readonly after: StreamVersion
  readonly eventCount: number
}

/** What is known of one command id on one stream. */
export interface CommandFacts {
  readonly commandId: string
  readonly marks: MarkFacts[]
  /** The first answer that says that it was carried out. */
  handled: HandledFacts | undefined
  /** The last load that says that it was not. */
  missing: CallTimes | undefined
  /** The time of its first sending. */
  firstSent: number
  /** The first answer to a command with this id. */
  answer:
    | {
        readonly call: number
        readonly ended: number
        readonly version: number
        readonly ids: string
      }
    | undefined
  /** The last sending that was rejected by the rules. */
  rejected: CallTimes | undefined
}

/** A document of the stream, as it was read. */
export interface DocumentFacts {
  readonly times: CallTimes
  readonly collection: string
  readonly value: Json | undefined
}

/** All that a history says about one stream. */
export interface StreamFacts {
  readonly streamId: StreamId
  /** Takes what contradicts something else. */
  readonly report: Report
  /** That of version n stands at n - 1. */
  readonly versions: VersionFacts[]
  readonly sent: Map<string, SentFacts>
  readonly commands: Map<string, CommandFacts>
  /** Events in the answers to commands, by their ids. */
  readonly answered: Set<string>
  /** Commands without an id whose events are not known. */
  untold: number
  /** The digests of states, by version. */
  readonly states: Map<StreamVersion, { readonly digest: number; readonly call: number }>
  /** Versions at which the stream has ended, and a call that says so. */
  readonly ends: Map<StreamVersion, number>
  readonly documents: DocumentFacts[]
}

export const streamFacts = (streamId: StreamId, report: Report): StreamFacts => ({
  streamId,
  report,
  versions: [],
  sent: new Map(),
  commands: new Map(),
  answered: new Set(),
  untold: 0,
  states: new Map(),
  ends: new Map(),
  documents: [],
})

const versionOf = ({ versions }: StreamFacts, version: StreamVersion): VersionFacts => {
  while (versions.length < version) {
    versions.push({
      event: undefined,
      eventBy: 0,
      notBefore: -1,
      notBeforeBy: 0,
      notBeforeIsAppend: false,
      thereAt: Infinity,
      thereBy: 0,
      lastThereAt: -1,
    })
  }
  return versions[version - 1] as VersionFacts
}

export const notThereAt = (
  facts: StreamFacts,
  version: StreamVersion,
  { call, begun }: CallTimes,
  isAppend: boolean,
): void => {
  const found = versionOf(facts, version)
  if (begun <= found.notBefore) return
  found.notBefore = begun
  found.notBeforeBy = call
  found.notBeforeIsAppend = isAppend
}

export const there = (
  facts: StreamFacts,
  version: StreamVersion,
  { call, ended }: CallTimes,
): void => {
  if (version === 0) return
  const found = versionOf(facts, version)
  found.lastThereAt = Math.max(found.lastThereAt, ended)
  if (ended >= found.thereAt) return
  found.thereAt = ended
  found.thereBy = call
}

/** The stream was at this version at some moment of the call. */
export const wasAt = (facts: StreamFacts, version: StreamVersion, times: CallTimes): void => {
  there(facts, version, times)
  notThereAt(facts, version + 1, times, false)
  if (!facts.ends.has(version)) facts.ends.set(version, times.call)
}

/** An event was seen. */
export const seen = (facts: StreamFacts, event: SeenEvent, times: CallTimes): void => {
  const { report } = facts
  const found = versionOf(facts, event.version)
  const known = found.event
  there(facts, event.version, times)
  if (known === undefined) {
    found.event = event
    found.eventBy = times.call
    return
  }
  const calls = [found.eventBy, times.call]
  const subject = facts.streamId
  if (known.id !== event.id) {
    const message = `version ${event.version} is ${known.id} in one answer, and ${event.id} in another`
    report({ promise: 'TwoEventsAtOneVersion', subject, message, calls })
  } else if (known.position !== event.position) {
    const message = `${event.id} is at position ${known.position} in one answer, and at ${event.position} in another`
    report({ promise: 'PositionsDisagree', subject, message, calls })
  } else if (known.digest === undefined) {
    found.event = event
  } else if (event.digest !== undefined && event.digest !== known.digest) {
    const message = `${event.id} differs between two answers`
    report({ promise: 'EventChanged', subject, message, calls })
  }
}

export const commandOf = ({ commands }: StreamFacts, id: string): CommandFacts => {
  const known = commands.get(id)
  if (known !== undefined) return known
  const fresh: CommandFacts = {
    commandId: id,
    marks: [],
    handled: undefined,
    missing: undefined,
    firstSent: Infinity,
    answer: undefined,
    rejected: undefined,
  }
  commands.set(id, fresh)
  return fresh
}

export const handled = (
  facts: StreamFacts,
  commandId: string,
  found: { readonly after: StreamVersion; readonly eventCount: number },
  times: CallTimes,
): void => {
  const command = commandOf(facts, commandId)
  if (command.handled === undefined || times.ended < command.handled.ended) {
    command.handled = { ...times, after: found.after, eventCount: found.eventCount }
  }
  there(facts, found.after + found.eventCount, times)
}
