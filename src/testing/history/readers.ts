import { partitionOf } from '../../core/partition'
import { categoryOf, type Position, type StreamId } from '../../core/stream'
import type { Answer, Question, SeenEvent } from './entries'
import type { StreamFacts } from './stream-facts'
import type { Report } from './violation'

type ReadAll = Extract<Question, { readonly _tag: 'ReadAll' }>
type StorePage = Extract<Answer, { readonly _tag: 'StorePage' }>

/** What must be given to a reader. */
interface Wanted {
  readonly categories?: ReadonlyArray<string>
  readonly types?: ReadonlyArray<string>
  /** A history does not know which event has which: what such a reader is given is judged, and not what it is not. */
  readonly tags?: ReadonlyArray<string>
  /** As `tags`: a history knows neither correlation ids nor times. */
  readonly search?: string
}

const wants = (
  { categories, types, tags, search }: Wanted,
  { streamId, type }: SeenEvent,
): boolean =>
  tags === undefined &&
  search === undefined &&
  (categories?.includes(categoryOf(streamId)) ?? true) &&
  (types?.includes(type) ?? true)

const searchOf = ({ correlationId, recordedFrom, recordedBefore }: ReadAll): string | undefined =>
  correlationId === undefined && recordedFrom === undefined && recordedBefore === undefined
    ? undefined
    : JSON.stringify([correlationId, recordedFrom, recordedBefore])

/** One that goes through the store, page after page. */
interface Reader {
  readonly name: string
  readonly wanted: Wanted
  /** Where it has begun. */
  readonly from: Position
  upTo: Position
  lastCall: number
  /** What it was given of each stream, in its order. */
  readonly given: Map<StreamId, Given[]>
}

interface Given {
  readonly event: SeenEvent
  readonly call: number
  /** Where its step begins; for a page, where the page does. */
  readonly after: Position
}

const give = ({ given }: Reader, event: SeenEvent, call: number, after: Position): void => {
  const of = given.get(event.streamId)
  if (of === undefined) given.set(event.streamId, [{ event, call, after }])
  else of.push({ event, call, after })
}

/** Follows those who read the whole store. */
export interface Readers {
  /** `isMine`: whether a stream belongs to the share that is judged. */
  readonly page: (client: string, asked: ReadAll, page: StorePage, call: number) => void
  readonly judge: (streams: ReadonlyMap<StreamId, StreamFacts>, report: Report) => void
}

/** How many readers are followed to their end: who begins again is a new one. */
const MAXIMUM_READERS = 256

const isBroken = ({ after, limit }: ReadAll, { events, upTo }: StorePage): boolean => {
  let last = after
  for (const { position } of events) {
    if (position <= last) return true
    last = position
  }
  return upTo < last || events.length > limit
}

export const storeReaders = (isMine: (streamId: StreamId) => boolean, report: Report): Readers => {
  const following = new Map<string, Reader>()
  const over: Reader[] = []
  return {
    page: (client, asked, page, call) => {
      if (isBroken(asked, page)) {
        const message = `the page after position ${asked.after} has a wrong order, or goes beyond its end`
        report({ promise: 'BrokenPage', subject: client, message, calls: [call] })
      }
      const { after, categories, types, tags } = asked
      const search = searchOf(asked)
      const key = JSON.stringify([client, categories, types, tags, search])
      const known = following.get(key)
      const goesOn = known?.upTo === after
      if (known !== undefined && !goesOn && over.length < MAXIMUM_READERS) over.push(known)
      const wanted = {
        ...(categories === undefined ? {} : { categories }),
        ...(types === undefined ? {} : { types }),
        ...(tags === undefined ? {} : { tags }),
        ...(search === undefined ? {} : { search }),
      }
      const fresh = { name: client, wanted, from: after, upTo: after, lastCall: call }
      const reader: Reader = goesOn ? known : { ...fresh, given: new Map() }
      following.set(key, reader)
      reader.upTo = Math.max(page.upTo, after)
      reader.lastCall = call
      for (const event of page.events) if (isMine(event.streamId)) give(reader, event, call, after)
    },
    judge: (streams) => {
      for (const reader of [...over, ...following.values()]) judgeReader(reader, streams, report)
    },
  }
}

/** Everything of each stream, once, in its order, as far as the reader has come. */
const judgeReader = (
  reader: Reader,
  streams: ReadonlyMap<StreamId, StreamFacts>,
  report: Report,
): void => {
  for (const facts of streams.values()) judgeGiven(reader, facts, report)
}

const judgeGiven = (reader: Reader, { streamId, versions }: StreamFacts, report: Report): void => {
  const { name, wanted, from, upTo, lastCall } = reader
  const given = reader.given.get(streamId) ?? []
  // Reading from position to position, it is given nothing of a stream that it does not want.
  if (given.length === 0 && !(wanted.categories?.includes(categoryOf(streamId)) ?? true)) return
  const seen = new Map<number, Given>()
  let last: Given | undefined
  for (const each of given) {
    const { event, call } = each
    const before = seen.get(event.version)
    const found =
      before ?? (last !== undefined && last.event.version > event.version ? last : undefined)
    if (found !== undefined) {
      const isTwice = before !== undefined
      report({
        promise: isTwice ? 'EventGivenTwice' : 'EventOutOfOrder',
        subject: name,
        message: `it was given version ${event.version} of ${streamId} ${isTwice ? 'twice' : `after version ${found.event.version}`}`,
        calls: [found.call, call],
      })
      return
    }
    seen.set(event.version, each)
    last = each
  }
  for (const { event, eventBy } of versions) {
    if (event === undefined || event.position <= from || event.position > upTo) continue
    if (seen.has(event.version) || !wants(wanted, event)) continue
    const message = `it has passed position ${event.position} without version ${event.version} of ${streamId}`
    const call = given.find((each) => each.event.position > event.position)?.call ?? lastCall
    report({ promise: 'EventSkipped', subject: name, message, calls: [eventBy, call] })
    return
  }
}

/** A subscription, as its steps have shown it. */
export interface SubscriptionFacts extends Wanted {
  readonly name: string
  readonly partitions: number
  /** By partition. */
  readonly progress: ReadonlyMap<number, { readonly from: Position; readonly upTo: Position }>
  readonly lastCall: number
}

/** Follows what subscriptions were given. */
export interface Deliveries {
  /** A step that was saved. */
  readonly step: (
    subscription: string,
    after: Position,
    events: ReadonlyArray<SeenEvent>,
    call: number,
  ) => void
  readonly judge: (
    subscriptions: ReadonlyMap<string, SubscriptionFacts>,
    streams: ReadonlyMap<StreamId, StreamFacts>,
    report: Report,
  ) => void
}

export const deliveries = (isMine: (streamId: StreamId) => boolean): Deliveries => {
  const bySubscription = new Map<string, Map<StreamId, Given[]>>()
  return {
    step: (subscription, after, events, call) => {
      const given = bySubscription.get(subscription) ?? new Map<StreamId, Given[]>()
      bySubscription.set(subscription, given)
      for (const event of events) {
        if (!isMine(event.streamId)) continue
        const of = given.get(event.streamId) ?? []
        of.push({ event, call, after })
        given.set(event.streamId, of)
      }
    },
    judge: (subscriptions, streams, report) => {
      for (const subscription of subscriptions.values()) {
        const { name, partitions, progress, lastCall } = subscription
        const given = bySubscription.get(name)
        if (given === undefined) continue
        for (const of of given.values()) of.sort((left, right) => left.after - right.after)
        for (const facts of streams.values()) {
          const way = progress.get(partitionOf(facts.streamId, partitions))
          if (way === undefined) continue
          judgeGiven({ name, wanted: subscription, ...way, lastCall, given }, facts, report)
        }
      }
    },
  }
}
