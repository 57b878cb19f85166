import { type AppendCondition, type BoundaryQuery, matches } from '../../core/boundary-query'
import type { Position } from '../../core/stream'
import type { Answer, Question, SentEvent } from './entries'
import type { CallTimes, StreamFacts } from './stream-facts'
import type { Finding, Report } from './violation'

type Of<Union, Tag> = Extract<Union, { readonly _tag: Tag }>

const NO_TAGS: ReadonlyArray<string> = []

/** An event that was sent with tags, or on a condition. */
interface Sent extends Pick<SentEvent, 'id' | 'type'> {
  readonly tags: ReadonlyArray<string>
  readonly unit: string | undefined
}

/** One that an answer has shown. */
interface Stored extends Sent {
  readonly streamId: string
  readonly position: Position
  /** A call that had shown it by this time. */
  readonly thereAt: number
  readonly thereBy: number
}

/** What was appended on conditions: several if it was sent again. */
interface Conditional {
  readonly conditions: { readonly call: number; readonly condition: AppendCondition }[]
  readonly subject: string
}

/** A page of what matches a query. */
interface MatchingRead {
  readonly call: number
  readonly begun: number
  readonly client: string
  readonly query: BoundaryQuery
  readonly after: Position
  /** `Infinity`: to the end. */
  readonly upTo: Position
  /** Its sight says that all were seen up to here. */
  readonly seenUpTo: Position
  readonly given: ReadonlyArray<Position>
}

/** All that a history says about tags and conditions. */
export interface Conditions {
  /** An append was asked for. */
  readonly asked: (asked: Of<Question, 'Append'>, call: number) => void
  /** A page of what matches a query was read. */
  readonly read: (
    client: string,
    asked: Of<Question, 'ReadMatching'>,
    page: Of<Answer, 'MatchingPage'>,
    times: CallTimes,
  ) => void
  /** The streams of one pass are known by now. */
  readonly passed: (streams: ReadonlyMap<string, StreamFacts>) => void
  /** All streams are. */
  readonly judge: (report: Report) => void
}

/** How many of sorted numbers are at most so high. */
const countUpTo = (numbers: ReadonlyArray<number>, highest: number): number => {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? Infinity) <= highest) low = middle + 1
    else high = middle
  }
  return low
}

/** The stored events by tag, and how far they had come at which time. */
const indexOf = (events: ReadonlyArray<Stored>) => {
  const byTag = new Map<string, { readonly positions: Position[]; readonly events: Stored[] }>()
  for (const event of events.toSorted((left, right) => left.position - right.position)) {
    for (const tag of event.tags) {
      const known = byTag.get(tag) ?? { positions: [], events: [] }
      byTag.set(tag, known)
      known.positions.push(event.position)
      known.events.push(event)
    }
  }
  const inTime = events.toSorted((left, right) => left.thereAt - right.thereAt)
  const times = inTime.map(({ thereAt }) => thereAt)
  let highest = 0
  const highestBy = inTime.map(({ position }) => (highest = Math.max(highest, position)))
  return {
    /** Those that match a query and lie above `after`, up to `upTo`. Each once. */
    matching: (query: BoundaryQuery, after: Position, upTo: Position): ReadonlySet<Stored> => {
      const found = new Set<Stored>()
      for (const item of query) {
        const known = byTag.get(item.tags[0])
        if (known === undefined) continue
        for (let place = countUpTo(known.positions, after); ; place++) {
          const event = known.events[place]
          if (event === undefined || event.position > upTo) break
          if (matches([item], event.type, event.tags)) found.add(event)
        }
      }
      return found
    },
    /** The highest position that was known to be there before a time. */
    highestBefore: (time: number): Position => highestBy[countUpTo(times, time - 1) - 1] ?? 0,
  }
}

type Index = ReturnType<typeof indexOf>

/**
 * A condition holds if exactly so many of the events that match lie above its `after` as were seen. Whatever changes that
 * later waits for the append, and stands above it. So no more of them are below its last event, but its own.
 */
const ignored = (
  { matching }: Index,
  unit: string,
  last: Position,
  { condition, call }: Conditional['conditions'][number],
): Pick<Finding, 'message' | 'calls'> | undefined => {
  const { query, sight } = condition
  const others = [...matching(query, sight.after, last)].filter((event) => event.unit !== unit)
  if (others.length <= sight.count) return undefined
  const newest = others.reduce((one, other) => (other.position > one.position ? other : one))
  return {
    message: `it was stored up to position ${last}, and ${others.length} events that its query asks for lie above ${sight.after}, where ${sight.count} had been seen: the newest at ${newest.position}`,
    calls: [newest.thereBy, call],
  }
}

/** What a page lacks: that its sight says it has seen, whenever it has come; or that was there before it was asked for. */
const missingIn = (
  { matching, highestBefore }: Index,
  { query, after, upTo, seenUpTo, begun, given }: MatchingRead,
): Stored | undefined => {
  const there = matching(query, after, Math.max(seenUpTo, Math.min(upTo, highestBefore(begun))))
  const shown = new Set(given)
  for (const event of there) {
    const { position, thereAt } = event
    if ((position <= seenUpTo || thereAt < begun) && !shown.has(position)) return event
  }
  return undefined
}

const isBroken = (
  after: Position,
  { events, sight, more }: Of<Answer, 'MatchingPage'>,
  limit: number,
): boolean => {
  let last = after
  for (const { position } of events) {
    if (position <= last) return true
    last = position
  }
  const above = events.filter(({ position }) => position > sight.after).length
  return sight.after < after || sight.count !== above || (more && events.length > limit)
}

/** Conditions of appends, and what is read for them. Tags are those that were sent: no answer has them. */
export const conditions = (): Conditions => {
  const sent = new Map<string, Sent>()
  const conditional = new Map<string, Conditional>()
  const stored: Stored[] = []
  const reads: MatchingRead[] = []
  const broken: Finding[] = []
  const given: { readonly read: MatchingRead; readonly id: string }[] = []
  return {
    asked: ({ streamId, unit, condition, events }, call) => {
      for (const { id, type, tags = NO_TAGS } of events) {
        if (tags.length > 0 || condition !== undefined) sent.set(id, { id, type, tags, unit })
      }
      if (unit === undefined || condition === undefined) return
      const known = conditional.get(unit) ?? { conditions: [], subject: streamId }
      conditional.set(unit, known)
      known.conditions.push({ call, condition })
    },
    read: (client, { query, sight, limit }, page, { call, begun }) => {
      const after = sight?.after ?? 0
      const { events, more } = page
      const read: MatchingRead = {
        call,
        begun,
        client,
        query,
        after,
        upTo: more ? page.sight.after : Infinity,
        seenUpTo: page.sight.after,
        given: events.map(({ position }) => position),
      }
      reads.push(read)
      for (const { id } of events) given.push({ read, id })
      if (!isBroken(after, page, limit)) return
      const message = `the page of what matches after position ${after} has a wrong order, or a sight that is not what it holds`
      broken.push({ promise: 'BrokenPage', subject: client, message, calls: [call] })
    },
    passed: (streams) => {
      for (const { streamId, versions } of streams.values()) {
        for (const { event, thereAt, thereBy } of versions) {
          const known = event && sent.get(event.id)
          if (event === undefined || known === undefined) continue
          stored.push({ ...known, streamId, position: event.position, thereAt, thereBy })
        }
      }
    },
    judge: (report) => {
      for (const finding of broken) report(finding)
      const index = indexOf(stored)
      for (const { read, id } of given) {
        const event = sent.get(id)
        if (event === undefined || matches(read.query, event.type, event.tags)) continue
        const message = `it was given ${id}, which does not match what was asked for`
        report({ promise: 'BrokenPage', subject: read.client, message, calls: [read.call] })
      }
      const lastOf = new Map<string, Position>()
      for (const { unit, position } of stored) {
        if (unit !== undefined) lastOf.set(unit, Math.max(position, lastOf.get(unit) ?? 0))
      }
      for (const [unit, { conditions: all, subject }] of conditional) {
        const last = lastOf.get(unit)
        if (last === undefined) continue
        const found = all.map((one) => ignored(index, unit, last, one))
        const [first] = found
        if (first === undefined || found.includes(undefined)) continue
        report({ promise: 'ConditionIgnored', subject, ...first })
      }
      for (const read of reads) {
        const missing = missingIn(index, read)
        if (missing === undefined) continue
        const { streamId, position, thereBy } = missing
        const isPassed = position <= read.seenUpTo
        const lacks = isPassed ? 'has passed it without it' : 'was asked for later and lacks it'
        report({
          promise: isPassed ? 'EventSkipped' : 'StaleAnswer',
          subject: read.client,
          message: `${streamId} has an event at position ${position} that matches, and a page ${lacks}`,
          calls: [thereBy, read.call],
        })
      }
    },
  }
}
