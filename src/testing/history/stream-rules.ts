import type { SeenEvent } from './entries'
import { type HistoryRules, judgeDocuments, judgeStates } from './replay-rules'
import type { CommandFacts, SentFacts, StreamFacts, VersionFacts } from './stream-facts'

/** What follows from all that a history says about one stream. */
export const judgeStream = (facts: StreamFacts, rules: HistoryRules): void => {
  judgeDocuments(facts, rules)
  judgeOrder(facts)
  const places = judgeEvents(facts)
  for (const command of facts.commands.values()) {
    judgeCommand(facts, places, command)
  }
  judgeCommandEvents(facts)
  judgeStates(facts, rules)
}

/**
 * Each version must have come into being at one moment: not before a call that has not seen it, not after one that has,
 * and in the order of the versions. There are such moments if and only if no version must have come later than another
 * one from it on had been there.
 *
 * Source: the versions give the order, so this is the linear case of P. Gibbons and E. Korach, "Testing Shared
 * Memories", 1997.
 */
const judgeOrder = (facts: StreamFacts): void => {
  const { versions, sent, report } = facts
  const thereAt: VersionFacts[] = []
  for (let index = versions.length - 1, best: VersionFacts | undefined; index >= 0; index--) {
    const each = versions[index]
    if (each === undefined) continue
    if (best === undefined || each.thereAt < best.thereAt) best = each
    thereAt[index] = best
  }
  const late = { time: -1, call: 0, version: 0, isAppend: false }
  for (const [index, { event, notBefore, notBeforeBy, notBeforeIsAppend }] of versions.entries()) {
    const version = index + 1
    const append = event === undefined ? undefined : sent.get(event.id)
    if (notBefore > late.time) {
      Object.assign(late, {
        time: notBefore,
        call: notBeforeBy,
        version,
        isAppend: notBeforeIsAppend,
      })
    }
    if (append !== undefined && append.begun > late.time) {
      Object.assign(late, { time: append.begun, call: append.call, version, isAppend: true })
    }
    const there = thereAt[index]
    if (there === undefined || there.thereAt >= late.time) continue
    const calls = [there.thereBy, late.call]
    const subject = facts.streamId
    if (late.isAppend) {
      const message = `version ${late.version} was written after version ${version} had been shown`
      report({ promise: 'WrittenInThePast', subject, message, calls })
    } else {
      const isLost = versions.slice(index).every(({ lastThereAt }) => lastThereAt < late.time)
      const message = `version ${version} was there, and a later call says that the stream is at ${late.version - 1}`
      report({ promise: isLost ? 'EventLost' : 'StaleAnswer', subject, message, calls })
    }
    return // one is enough: the rest follows from it
  }
}

/** Answers where each event stands. */
const judgeEvents = (facts: StreamFacts): ReadonlyMap<string, VersionFacts> => {
  const { versions, sent, streamId: subject, report } = facts
  const places = new Map<string, VersionFacts>()
  let before: SeenEvent | undefined
  let beforeBy = 0
  for (const place of versions) {
    const { event, eventBy } = place
    if (event === undefined) {
      before = undefined
      continue
    }
    const twin = places.get(event.id)
    if (twin !== undefined) {
      const message = `${event.id} is at version ${twin.event?.version ?? 0}, and at ${event.version}`
      report({ promise: 'EventDoubled', subject, message, calls: [twin.eventBy, eventBy] })
    }
    places.set(event.id, place)
    if (before !== undefined && before.position >= event.position) {
      const message = `version ${before.version} is at position ${before.position}, version ${event.version} at ${event.position}`
      report({ promise: 'PositionsDisagree', subject, message, calls: [beforeBy, eventBy] })
    }
    const append = sent.get(event.id)
    if (append === undefined) judgeUnsent(facts, place, event)
    else judgeSent(facts, place, event, append)
    before = event
    beforeBy = eventBy
  }
  return places
}

const judgeUnsent = (
  { commands, answered, untold, streamId: subject, report }: StreamFacts,
  { eventBy }: VersionFacts,
  { id, version, commandId }: SeenEvent,
): void => {
  const isKnown =
    untold > 0 ||
    answered.has(id) ||
    (commandId !== undefined && (commands.get(commandId)?.firstSent ?? Infinity) < Infinity)
  if (isKnown) return
  const message = `version ${version} is ${id}, and no client has sent it`
  report({ promise: 'UnknownEvent', subject, message, calls: [eventBy] })
}

const judgeSent = (
  { versions, sent, ends, streamId: subject, report }: StreamFacts,
  { eventBy }: VersionFacts,
  event: SeenEvent,
  { call, index, count, digest, outcome, resent }: SentFacts,
): void => {
  const { id, version } = event
  const calls = [call, eventBy]
  if (outcome === 'refused') {
    const message = `version ${version} is ${id}, and its append was refused`
    report({ promise: 'RefusedEventStored', subject, message, calls })
  }
  if (event.digest !== undefined && event.digest !== digest) {
    const message = `version ${version}, ${id}, is not what was sent`
    report({ promise: 'EventChanged', subject, message, calls })
  }
  if (resent || index === count - 1) return
  const next = versions[version]?.event
  const nextSent = next === undefined ? undefined : sent.get(next.id)
  const end = ends.get(version)
  if (end !== undefined) {
    const message = `the stream ended at version ${version}, in the middle of an append of ${count} events`
    report({ promise: 'AppendTornApart', subject, message, calls: [call, end] })
  } else if (next !== undefined && (nextSent?.call !== call || nextSent.index !== index + 1)) {
    const message = `version ${version + 1} does not belong to the append of version ${version}`
    report({ promise: 'AppendTornApart', subject, message, calls })
  }
}

const judgeCommand = (
  { streamId: subject, report }: StreamFacts,
  places: ReadonlyMap<string, VersionFacts>,
  { commandId, marks, handled, missing, answer, rejected }: CommandFacts,
): void => {
  const effective = marks.flatMap((mark) => {
    const first = mark.outcome === 'unknown' ? places.get(mark.firstId ?? '')?.event : undefined
    if (mark.outcome !== 'acknowledged' && first === undefined) return []
    return { ...mark, after: mark.after ?? (first?.version ?? 1) - 1 }
  })
  const [mark, second] = effective
  if (mark !== undefined && second !== undefined) {
    const message = `the command ${commandId} had its effect twice`
    report({ promise: 'CommandHandledTwice', subject, message, calls: [mark.call, second.call] })
  }
  const promise = 'CommandForgotten'
  if (mark !== undefined && handled !== undefined && second === undefined) {
    if (mark.after !== handled.after || mark.eventCount !== handled.eventCount) {
      const message = `the command ${commandId} gave ${mark.eventCount} events after version ${mark.after}, and is remembered otherwise`
      report({ promise, subject, message, calls: [mark.call, handled.call] })
    }
  }
  const known = [mark, handled].find(
    (one) => one !== undefined && one.ended < (missing?.begun ?? -1),
  )
  if (known !== undefined && missing !== undefined) {
    const message = `the command ${commandId} was carried out, and a later load does not know it`
    report({ promise, subject, message, calls: [known.call, missing.call] })
  }
  if (answer !== undefined && rejected !== undefined && answer.ended < rejected.begun) {
    const message = `the command ${commandId} was carried out, and was rejected when it was sent again`
    report({ promise, subject, message, calls: [answer.call, rejected.call] })
  }
}

/** The events of a command must stand together, and be those that it was answered with. */
const judgeCommandEvents = ({
  streamId: subject,
  versions,
  commands,
  report,
}: StreamFacts): void => {
  const last = new Map<string, VersionFacts>()
  for (const place of versions) {
    const { event } = place
    const command = commands.get(event?.commandId ?? '')
    if (event?.commandId === undefined || command === undefined) continue
    const before = last.get(event.commandId)
    const isApart = before !== undefined && (before.event?.version ?? 0) + 1 !== event.version
    const isOther = command.answer !== undefined && !command.answer.ids.includes(event.id)
    if (isApart || isOther) {
      const message = `version ${event.version} comes from the command ${event.commandId}, which has had its effect elsewhere`
      const by = command.answer?.call ?? before?.eventBy ?? place.eventBy
      const calls = [by, place.eventBy]
      report({ promise: 'CommandHandledTwice', subject, message, calls })
    }
    last.set(event.commandId, place)
  }
}
