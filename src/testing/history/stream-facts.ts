import { versionFits } from '../../core/expected-version'
import type { Json, JsonObject } from '../../core/json'
import type { StreamId, StreamVersion } from '../../core/stream'
import { type Answer, digestOf, type Question, type SeenEvent } from './entries'
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
  answer: { readonly call: number; readonly version: number; readonly ids: string } | undefined
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

export const streamFacts = (streamId: StreamId): StreamFacts => ({
  streamId,
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

const notThereAt = (
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

const there = (facts: StreamFacts, version: StreamVersion, { call, ended }: CallTimes): void => {
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
export const seen = (
  facts: StreamFacts,
  event: SeenEvent,
  times: CallTimes,
  report: Report,
): void => {
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

const commandOf = ({ commands }: StreamFacts, id: string): CommandFacts => {
  const known = commands.get(id)
  if (known !== undefined) return known
  const fresh: CommandFacts = {
    commandId: id,
    marks: [],
    handled: undefined,
    missing: undefined,
    firstSent: Infinity,
    answer: undefined,
  }
  commands.set(id, fresh)
  return fresh
}

const handled = (
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

type Of<Union, Tag> = Extract<Union, { readonly _tag: Tag }>

/** An append has begun: its events may be there from now on. */
export const appendBegun = (
  facts: StreamFacts,
  { events, commands }: Of<Question, 'Append'>,
  { call, begun }: CallTimes,
): void => {
  for (const [index, { id, digest, data }] of events.entries()) {
    const known = facts.sent.get(id)
    if (known !== undefined) {
      known.resent = true
      if (known.outcome === 'refused') known.outcome = 'unknown'
    } else {
      const count = events.length
      const outcome = 'unknown'
      facts.sent.set(id, { call, begun, index, count, digest, data, outcome, resent: false })
    }
  }
  for (const { commandId, skip, eventCount } of commands) {
    const command = commandOf(facts, commandId)
    const firstId = eventCount === 0 ? undefined : events[skip]?.id
    command.firstSent = Math.min(command.firstSent, begun)
    command.marks.push({
      call,
      begun,
      firstId,
      eventCount,
      outcome: 'unknown',
      after: undefined,
      ended: Infinity,
    })
  }
}

const settle = (
  facts: StreamFacts,
  { events, commands }: Of<Question, 'Append'>,
  call: number,
  outcome: SentFacts['outcome'],
): void => {
  for (const { id } of events) {
    const sent = facts.sent.get(id)
    if (sent !== undefined && !(sent.resent && outcome === 'refused')) sent.outcome = outcome
  }
  for (const { commandId } of commands) {
    const mark = commandOf(facts, commandId).marks.find((one) => one.call === call)
    if (mark !== undefined) mark.outcome = outcome
  }
}

/** An append was answered. */
export const appendAnswered = (
  facts: StreamFacts,
  asked: Of<Question, 'Append'>,
  answer: Answer,
  times: CallTimes,
  report: Report,
): void => {
  const subject = facts.streamId
  const calls = [times.call]
  const { expectedVersion, events } = asked
  if (answer._tag === 'Appended') {
    settle(facts, asked, times.call, 'acknowledged')
    const before = answer.version - events.length
    if (!versionFits(expectedVersion, before) || answer.positions.length !== events.length) {
      const message = `it was accepted at version ${before}; expected was ${expectedVersion}`
      report({ promise: 'ExpectationIgnored', subject, message, calls })
    }
    for (const [index, { data: _data, ...event }] of events.entries()) {
      const position = answer.positions[index] ?? 0
      const version = before + index + 1
      seen(facts, { ...event, streamId: subject, version, position }, times, report)
    }
    for (const { commandId, skip } of asked.commands) {
      const mark = commandOf(facts, commandId).marks.find(({ call }) => call === times.call)
      if (mark === undefined) continue
      mark.after = before + skip
      mark.ended = times.ended
    }
    if (events.length === 0) wasAt(facts, answer.version, times)
    else notThereAt(facts, before + 1, times, true)
    return
  }
  if (answer._tag !== 'Refused') return
  settle(facts, asked, times.call, 'refused')
  if (answer.handled !== undefined) handled(facts, answer.handled.commandId, answer.handled, times)
  if (answer.version === undefined) return
  wasAt(facts, answer.version, times)
  if (!versionFits(expectedVersion, answer.version)) return
  const message = `it was refused at version ${answer.version}, and that is what was expected: ${expectedVersion}`
  report({ promise: 'RefusedWithoutReason', subject, message, calls })
}

/** A page of the stream was read. */
export const pageRead = (
  facts: StreamFacts,
  asked: Of<Question, 'Load' | 'Read'>,
  page: Of<Answer, 'Page'>,
  times: CallTimes,
  report: Report,
): void => {
  const { events, version, more } = page
  let last = page.after
  let isBroken = events.length > asked.limit
  for (const event of events) {
    isBroken ||= event.version !== last + 1 || event.streamId !== facts.streamId
    last = event.version
    seen(facts, event, times, report)
  }
  isBroken ||= more && events.length === 0
  if (version !== undefined && version >= page.after) {
    isBroken ||= more ? last >= version : last !== version
  }
  if (isBroken) {
    const message = `the page after version ${page.after} has a gap, or does not end where it says`
    report({ promise: 'BrokenPage', subject: facts.streamId, message, calls: [times.call] })
    return
  }
  const commandId = asked._tag === 'Load' ? asked.commandId : undefined
  if (commandId !== undefined) {
    const command = commandOf(facts, commandId)
    if (page.handled !== undefined) handled(facts, commandId, page.handled, times)
    else if (times.begun > (command.missing?.begun ?? -1)) command.missing = times
  }
  if (version !== undefined) wasAt(facts, version, times)
  else if (more) there(facts, last + 1, times)
  else if (events.length > 0 || last === 0) wasAt(facts, last, times)
  else notThereAt(facts, last + 1, times, false)
}

/** A state was given for a version. */
export const stateGiven = (
  facts: StreamFacts,
  version: StreamVersion,
  state: Json | undefined,
  call: number,
  report: Report,
): void => {
  if (state === undefined) return
  const digest = digestOf(state)
  const known = facts.states.get(version)
  if (known === undefined) facts.states.set(version, { digest, call })
  else if (known.digest !== digest) {
    const message = `two answers give different states at version ${version}`
    report({
      promise: 'StateDiffers',
      subject: facts.streamId,
      message,
      calls: [known.call, call],
    })
  }
}

/** A command was sent. */
export const commandBegun = (
  facts: StreamFacts,
  { commandId }: Of<Question, 'Command'>,
  { begun }: CallTimes,
): void => {
  if (commandId === undefined) return
  const command = commandOf(facts, commandId)
  command.firstSent = Math.min(command.firstSent, begun)
}

/** A command was answered. */
export const commandAnswered = (
  facts: StreamFacts,
  asked: Of<Question, 'Command'>,
  answer: Answer,
  times: CallTimes,
  report: Report,
): void => {
  const { commandId, pin } = asked
  if (answer._tag === 'Refused') {
    // Blind commands may be decided on an old state.
    if (answer.version !== undefined && pin !== 'any') wasAt(facts, answer.version, times)
    return
  }
  if (answer._tag !== 'Handled') {
    if (commandId === undefined) facts.untold += 1
    return
  }
  const { version, events, state } = answer
  for (const event of events) {
    seen(facts, event, times, report)
    facts.answered.add(event.id)
  }
  there(facts, version, times)
  stateGiven(facts, version, state, times.call, report)
  const first = events[0]
  if (commandId === undefined) {
    if (first !== undefined) notThereAt(facts, first.version, times, true)
    else if (pin !== 'any') wasAt(facts, version, times)
    return
  }
  const ids = events.map(({ id }) => id).join(' ')
  const command = commandOf(facts, commandId)
  const { call } = times
  if (command.answer === undefined) command.answer = { call, version, ids }
  else if (command.answer.version !== version || command.answer.ids !== ids) {
    const message = `the command ${commandId} was answered with version ${command.answer.version}, and later with ${version}`
    const calls = [command.answer.call, call]
    report({ promise: 'AnswersDiffer', subject: facts.streamId, message, calls })
  }
}
