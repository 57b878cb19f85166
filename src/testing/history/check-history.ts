import { checkpoints } from './checkpoints'
import { type Conditions, conditions } from './condition-rules'
import {
  ALL_SHARES,
  type Answer,
  type AnswerEntry,
  type HistoryEntry,
  SHARES,
  shareOf,
} from './entries'
import { outboxes } from './outbox-rules'
import { type Line, linesOf, type OpenCall, pairing, type Visit } from './pairing'
import { deliveries, storeReaders, type SubscriptionFacts } from './readers'
import {
  appendAnswered,
  appendBegun,
  commandAnswered,
  commandBegun,
  pageRead,
  pageReadBackwards,
  stateGiven,
} from './stream-answers'
import { type CallTimes, seen, type StreamFacts, streamFacts, wasAt } from './stream-facts'
import type { HistoryRules } from './replay-rules'
import { judgeStream } from './stream-rules'
import { type Units, units } from './unit-rules'
import type { Finding, Report, Violation } from './violation'

/** A history that can be read again and again. An array is one. */
export interface History {
  /**
   * The entries in their order, each of them looked for only when it is asked for.
   *
   * @param skip - asked once for each entry, before it is given: whether its share is of no interest this time.
   */
  readonly read: (skip: (share: string) => boolean) => Iterable<HistoryEntry>
}

/** How many violations are enough. */
const MAXIMUM_FINDINGS = 100

/** How many entries are judged in one pass: what they say is in memory. */
const ENTRIES_PER_PASS = 600_000

const UNANSWERED: Answer = { _tag: 'Unknown', reason: 'not answered' }

const NONE_BEFORE: OpenCall['before'] = new Map()

/** The first pass: the checkpoints of subscriptions, and what was read of the whole store by tags. */
const judgeCheckpoints = (lines: Iterable<Line>, conditional: Conditions, report: Report) => {
  const followed = checkpoints(report)
  pairing(
    lines,
    ({ asked }) =>
      asked._tag === 'Step' || asked._tag === 'Claim' ? followed.begun(asked) : NONE_BEFORE,
    ({ entry: { asked, call, client }, begun, before, work }, answer, ended) => {
      const told = answer?.answer
      if (asked._tag === 'ReadMatching' && told?._tag === 'MatchingPage') {
        conditional.read(client, asked, told, { call, begun, ended })
      }
      if (asked._tag === 'Register' && told?._tag === 'Registered') {
        followed.registered(asked, told.partitions)
      }
      if (asked._tag === 'Claim' && told?._tag === 'Claimed') {
        followed.claimed(asked, told, before, call)
      }
      if (asked._tag !== 'Step' || work === undefined) return
      if (told?._tag === 'Stepped') followed.saved(asked, work.work, before, call)
      else if (told?._tag !== 'Refused') followed.unknown(asked, work.work, { call, begun, ended })
    },
  )
  return followed.conclude()
}

/** What the first pass has found. */
interface Steps {
  readonly effective: ReadonlySet<number>
  readonly subscriptions: ReadonlyMap<string, SubscriptionFacts>
}

/** What all passes have in common. */
interface Judging {
  readonly rules: HistoryRules
  readonly report: Report
  readonly together: Units
  readonly conditional: Conditions
}

/** One pass: everything about the streams and processes of some shares. */
const judgeShares = (
  lines: Iterable<Line>,
  isMine: (name: string) => boolean,
  { effective, subscriptions }: Steps,
  { rules, report, together, conditional }: Judging,
): void => {
  const streams = new Map<string, StreamFacts>()
  const of = (streamId: string): StreamFacts => {
    const known = streams.get(streamId) ?? streamFacts(streamId, report)
    streams.set(streamId, known)
    return known
  }
  const readers = storeReaders(isMine, report)
  const given = deliveries(isMine)
  const followed = outboxes(
    (process, key) => isMine(`${process}/${key}`),
    rules.clockDifference ?? 1,
    report,
  )

  const step = (open: OpenCall, answer: AnswerEntry | undefined, ended: number): void => {
    const { entry, begun, work, workAt } = open
    if (entry.asked._tag !== 'Step' || work === undefined) return
    const { subscription, after } = entry.asked
    const isCertain = answer?.answer._tag === 'Stepped'
    const isRefused = answer?.answer._tag === 'Refused'
    const isSaved = isCertain || effective.has(entry.call)
    const { events = [], outbox } = work.work
    const times = { call: entry.call, begun, ended: workAt }
    for (const event of events) {
      if (isMine(event.streamId)) seen(of(event.streamId), event, times)
    }
    if (isSaved) given.step(subscription, after, events, entry.call)
    if (isRefused) return
    for (const { process, change } of outbox) {
      followed.changed(process, change, {
        call: entry.call,
        begun,
        ended,
        saved: isCertain ? 'certainly' : 'perhaps',
        began: entry.at,
        answered: answer?.at ?? Infinity,
      })
    }
  }

  const visit: Visit = (open, answered, ended) => {
    const { entry, begun } = open
    const { asked, call, client } = entry
    const times: CallTimes = { call, begun, ended }
    const answer = answered?.answer ?? UNANSWERED
    switch (asked._tag) {
      case 'Append':
        appendAnswered(of(asked.streamId), asked, answer, times)
        return
      case 'Load':
      case 'Read':
        if (answer._tag === 'Page') pageRead(of(asked.streamId), asked, answer, times)
        return
      case 'ReadBackwards':
        if (answer._tag === 'Page') pageReadBackwards(of(asked.streamId), asked, answer, times)
        return
      case 'Command':
        commandAnswered(of(asked.streamId), asked, answer, times)
        return
      case 'State':
        if (answer._tag !== 'StateFound') return
        if (!asked.cached) wasAt(of(asked.streamId), answer.version, times)
        stateGiven(of(asked.streamId), answer.version, answer.state, call)
        return
      case 'Document':
        if (answer._tag !== 'DocumentFound' || !isDocument(rules, asked.collection)) return
        of(asked.key).documents.push({ times, collection: asked.collection, value: answer.value })
        return
      case 'ReadAll':
      case 'ReadMatching':
        if (answer._tag !== 'StorePage' && answer._tag !== 'MatchingPage') return
        for (const event of answer.events) {
          if (isMine(event.streamId)) seen(of(event.streamId), event, times)
        }
        if (asked._tag === 'ReadAll' && answer._tag === 'StorePage') {
          readers.page(client, asked, answer, call)
        }
        return
      case 'Step':
        step(open, answered, ended)
        return
      case 'Due':
        if (answer._tag !== 'Given') return
        followed.given(asked.process, answer.ids, asked.limit, {
          ...times,
          began: entry.at,
          answered: answered?.at ?? Infinity,
        })
        return
      case 'Register':
      case 'Claim':
        return
    }
  }

  pairing(
    lines,
    ({ asked, call }, begun) => {
      const times = { call, begun, ended: Infinity }
      if (asked._tag === 'Append') {
        appendBegun(of(asked.streamId), asked, times)
        together.asked(asked)
        conditional.asked(asked, call)
      }
      if (asked._tag === 'Command') commandBegun(of(asked.streamId), asked, times)
      return NONE_BEFORE
    },
    visit,
    ({ call, at }, { work }) => {
      for (const { process, change } of work.outbox) {
        followed.adding(process, change, { call, began: at })
      }
    },
  )
  for (const facts of streams.values()) judgeStream(facts, rules)
  together.passed(streams)
  conditional.passed(streams)
  readers.judge(streams, report)
  given.judge(subscriptions, streams, report)
  followed.judge()
}

const isDocument = ({ documents = [] }: HistoryRules, collection: string): boolean =>
  documents.some((rule) => rule.collection === collection)

const historyOf = (history: History | ReadonlyArray<HistoryEntry>): History =>
  'read' in history
    ? history
    : {
        read: function* (skip) {
          for (const entry of history) if (!skip(entry.of)) yield entry
        },
      }

/**
 * Judges what clients of a store were told. An empty list: nothing in the history contradicts the promises of a store. It
 * takes time in proportion to the history, and reads it in passes, so that a long one need not be in memory
 * (see `historyFile`). Operators' actions that move a subscription are not part of a history: do not judge one with them.
 *
 * An outcome that is not known, or a client that has ended without an answer, is never held against the store: its events
 * may be there, or not.
 *
 * @example
 * const violations = checkHistory(entries)
 * assert.deepEqual(violations.map(describeViolation), [])
 */
export const checkHistory = (
  history: History | ReadonlyArray<HistoryEntry>,
  rules: HistoryRules = {},
): ReadonlyArray<Violation> => {
  const { read } = historyOf(history)
  const findings = new Map<string, Finding>()
  const report: Report = (finding) => {
    const key = JSON.stringify([finding.promise, finding.subject, finding.calls])
    if (findings.size < MAXIMUM_FINDINGS && !findings.has(key)) findings.set(key, finding)
  }
  let entries = 0
  const ofAll = linesOf(read, (share) => {
    entries += 1
    return share !== ALL_SHARES
  })
  const conditional = conditions()
  const steps = judgeCheckpoints(ofAll, conditional, report)
  const passes = Math.min(SHARES, Math.ceil(entries / ENTRIES_PER_PASS))
  const together = units()
  for (let pass = 0; pass < passes; pass++) {
    const isOther = (share: string): boolean =>
      share !== ALL_SHARES && parseInt(share, 16) % passes !== pass
    const lines = linesOf(read, isOther)
    const all = { rules, report, together, conditional }
    judgeShares(lines, (name) => !isOther(shareOf(name)), steps, all)
  }
  together.judge(report)
  conditional.judge(report)
  return withEvidence([...findings.values()], read)
}

/** Each finding, with the entries of its calls. */
const withEvidence = (
  findings: ReadonlyArray<Finding>,
  read: History['read'],
): ReadonlyArray<Violation> => {
  if (findings.length === 0) return []
  const wanted = new Set(findings.flatMap(({ calls }) => calls))
  const byCall = new Map<number, HistoryEntry[]>()
  for (const entry of read(() => false)) {
    if (!wanted.has(entry.call)) continue
    byCall.set(entry.call, [...(byCall.get(entry.call) ?? []), entry])
  }
  return findings.map((finding) => ({
    ...finding,
    evidence: [...new Set(finding.calls)].flatMap((call) => byCall.get(call) ?? []),
  }))
}
