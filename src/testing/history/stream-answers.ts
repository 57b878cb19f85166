import { versionFits } from '../../core/expected-version'
import type { Json } from '../../core/json'
import type { StreamVersion } from '../../core/stream'
import { type Answer, digestOf, type Question } from './entries'
import {
  type CallTimes,
  commandOf,
  handled,
  notThereAt,
  seen,
  type SentFacts,
  type StreamFacts,
  there,
  wasAt,
} from './stream-facts'

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
): void => {
  const subject = facts.streamId
  const calls = [times.call]
  const { expectedVersion, events } = asked
  if (answer._tag === 'Appended') {
    settle(facts, asked, times.call, 'acknowledged')
    const before = answer.version - events.length
    if (!versionFits(expectedVersion, before) || answer.positions.length !== events.length) {
      const message = `it was accepted at version ${before}; expected was ${expectedVersion}`
      facts.report({ promise: 'ExpectationIgnored', subject, message, calls })
    }
    for (const [index, { data: _data, tags: _tags, ...event }] of events.entries()) {
      const position = answer.positions[index] ?? 0
      const version = before + index + 1
      seen(facts, { ...event, streamId: subject, version, position }, times)
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
  facts.report({ promise: 'RefusedWithoutReason', subject, message, calls })
}

/** A page of the stream was read. */
export const pageRead = (
  facts: StreamFacts,
  asked: Of<Question, 'Load' | 'Read'>,
  page: Of<Answer, 'Page'>,
  times: CallTimes,
): void => {
  const { events, version, more } = page
  const upTo = asked._tag === 'Read' ? (asked.upTo ?? Infinity) : Infinity
  let last = page.after
  let isBroken = events.length > asked.limit
  for (const event of events) {
    isBroken ||= event.version !== last + 1 || event.streamId !== facts.streamId
    last = event.version
    seen(facts, event, times)
  }
  isBroken ||= (more && events.length === 0) || (last > upTo && events.length > 0)
  if (version !== undefined && version >= page.after) {
    isBroken ||= more ? last >= version : last !== version
  }
  if (isBroken) {
    const message = `the page after version ${page.after} has a gap, or does not end where it says`
    facts.report({ promise: 'BrokenPage', subject: facts.streamId, message, calls: [times.call] })
    return
  }
  const commandId = asked._tag === 'Load' ? asked.commandId : undefined
  if (commandId !== undefined) {
    const command = commandOf(facts, commandId)
    if (page.handled !== undefined) handled(facts, commandId, page.handled, times)
    else if (times.begun > (command.missing?.begun ?? -1)) command.missing = times
  }
  if (upTo <= last) {
    if (events.length > 0) there(facts, last, times)
  } else if (version !== undefined) wasAt(facts, version, times)
  else if (more) there(facts, last + 1, times)
  else if (events.length > 0 || last === 0) wasAt(facts, last, times)
  else notThereAt(facts, last + 1, times, false)
}

/** A page of the stream was read, newest events first. */
export const pageReadBackwards = (
  facts: StreamFacts,
  { before = Infinity, limit }: Of<Question, 'ReadBackwards'>,
  { events, more }: Of<Answer, 'Page'>,
  times: CallTimes,
): void => {
  const newest = events[0]?.version ?? 0
  const isBroken =
    events.length > limit ||
    (events.length > 0 && newest >= before) ||
    more !== newest > events.length ||
    events.some(
      ({ version, streamId }, index) => version !== newest - index || streamId !== facts.streamId,
    )
  for (const event of events) seen(facts, event, times)
  if (isBroken) {
    const message = `the page ${before === Infinity ? 'from the end' : `before version ${before}`} has a gap, or does not end where it says`
    facts.report({ promise: 'BrokenPage', subject: facts.streamId, message, calls: [times.call] })
    return
  }
  if (newest < before - 1) wasAt(facts, newest, times)
  else if (newest > 0) there(facts, newest, times)
}

/** A state was given for a version. */
export const stateGiven = (
  facts: StreamFacts,
  version: StreamVersion,
  state: Json | undefined,
  call: number,
): void => {
  if (state === undefined) return
  const digest = digestOf(state)
  const known = facts.states.get(version)
  if (known === undefined) facts.states.set(version, { digest, call })
  else if (known.digest !== digest) {
    const message = `two answers give different states at version ${version}`
    facts.report({
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
): void => {
  const { commandId, pin } = asked
  if (answer._tag === 'Refused') {
    // Blind commands may be decided on an old state.
    if (answer.version !== undefined && pin !== 'any') wasAt(facts, answer.version, times)
    if (answer.reason !== 'Rejected' || commandId === undefined) return
    const command = commandOf(facts, commandId)
    if (times.begun > (command.rejected?.begun ?? -1)) command.rejected = times
    return
  }
  if (answer._tag !== 'Handled') {
    if (commandId === undefined) facts.untold += 1
    return
  }
  const { version, events, state } = answer
  for (const event of events) {
    seen(facts, event, times)
    facts.answered.add(event.id)
  }
  there(facts, version, times)
  stateGiven(facts, version, state, times.call)
  const first = events[0]
  if (commandId === undefined) {
    if (first !== undefined) notThereAt(facts, first.version, times, true)
    else if (pin !== 'any') wasAt(facts, version, times)
    return
  }
  const ids = events.map(({ id }) => id).join(' ')
  const command = commandOf(facts, commandId)
  const { call, ended } = times
  if (command.answer === undefined) command.answer = { call, ended, version, ids }
  else if (command.answer.version !== version || command.answer.ids !== ids) {
    const message = `the command ${commandId} was answered with version ${command.answer.version}, and later with ${version}`
    const calls = [command.answer.call, call]
    facts.report({ promise: 'AnswersDiffer', subject: facts.streamId, message, calls })
  }
}
