import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest } from '../../core/append'
import type { AppendTogetherRequest } from '../../core/append-together'
import type { Boundary } from '../../core/boundary'
import { type BoundaryQuery, matches } from '../../core/boundary-query'
import { deciderThrew } from '../../core/errors/decision'
import { type InvalidAppend, invalidAppend } from '../../core/errors/invalid'
import type { NewEvent, RecordedEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { MOST_TAGS, sortedTags } from '../../core/tags'
import type { CategoryTypes, SentOptions } from '../category/command'
import {
  type DecidedEvent,
  type DecideError,
  decideOn,
  newEvents,
  recordedEvents,
} from '../category/decide'
import { catching } from '../catching'
import type { Versioned } from '../state/replay'
import { commandTag, recordRequest } from './command-records'
import type { BoundaryRuntime, Sighted } from './read-boundary'

/** A command of a boundary, and what it depends on. */
export interface BoundaryCommand<Command> {
  readonly command: Command
  readonly query: BoundaryQuery
  readonly options: SentOptions
}

/** The events of a decision that have one home. */
interface HomeEvents<Event> {
  readonly home: StreamId
  readonly events: ReadonlyArray<DecidedEvent<Event>>
  readonly stored: ReadonlyArray<NewEvent>
}

/** What was decided, in the order in which it is stored, and where it leads. */
export interface BoundaryDecision<State, Event> {
  readonly homes: ReadonlyArray<HomeEvents<Event>>
  /** The state after those of the events that match the query: what a reload gives. */
  readonly next: Versioned<State>
  readonly request: AppendTogetherRequest
}

const byHome = (left: { readonly home: StreamId }, right: { readonly home: StreamId }): number =>
  left.home < right.home ? -1 : left.home > right.home ? 1 : 0

/** The state after those events that match the query. Throws what `evolve` throws. */
const stateAfter = <State, Event>(
  { decider }: Pick<Boundary<never, State, Event, unknown>, 'decider'>,
  query: BoundaryQuery,
  { state, version }: Versioned<State>,
  events: ReadonlyArray<DecidedEvent<Event>>,
): Versioned<State> => {
  const seen = events.filter(({ encoded, tags }) => matches(query, encoded.type, tags))
  return {
    state: seen.reduce((current, { event }) => decider.evolve(current, event), state),
    version: version + seen.length,
  }
}

/** The decision of a boundary on a state: as a category decides, and then each event goes to its home. */
export const decideBoundary = <Of extends CategoryTypes>(
  { boundary, settings }: BoundaryRuntime<Of>,
  { command, query, options }: BoundaryCommand<Of['command']>,
  base: Sighted<Of['state']>,
): E.Either<
  DecideError<Of['rejection']> | InvalidAppend,
  BoundaryDecision<Of['state'], Of['event']>
> => {
  const { name, decider, commands, events: codec, tags: tagsOf, home: homeOf } = boundary
  const tags = (event: Of['event']): ReadonlyArray<string> => tagsOf(event)
  const decided = decideOn({ name, decider, commands, events: codec, tags }, name, command, base)
  if (E.isLeft(decided)) return decided
  const { events } = decided.right
  for (const [index, event] of events.entries()) {
    const count = event.tags?.length ?? 0
    if (count < MOST_TAGS) continue
    const problem = `event ${index}: it has ${count} tags; the limit of a boundary is ${MOST_TAGS - 1}`
    return E.left(invalidAppend(name, problem))
  }
  const homed = catching(() => events.map((event) => ({ home: homeOf(event.event), event })))
  if (E.isLeft(homed)) return E.left(deciderThrew(name, base.version, 'home', homed.left))
  const ordered = homed.right.toSorted(byHome)
  const inOrder = ordered.map(({ event }) => event)
  const next = catching(() => stateAfter(boundary, query, base, inOrder))
  if (E.isLeft(next)) return E.left(deciderThrew(name, base.version, 'evolve', next.left))

  const homes: HomeEvents<Of['event']>[] = []
  const { commandId } = options
  const own = commandId === undefined ? [] : [commandTag(name, commandId)]
  for (const home of new Set(ordered.map((one) => one.home))) {
    const inHome = ordered.flatMap((one) =>
      one.home === home
        ? [{ ...one.event, tags: sortedTags([...(one.event.tags ?? []), ...own]) }]
        : [],
    )
    const decision = E.right({ events: inHome, next: next.right })
    homes.push({ home, events: inHome, stored: newEvents(decision, options, settings.ids) })
  }
  const streams: ReadonlyArray<AppendRequest> = homes.map(({ home, stored }) => ({
    streamId: home,
    expectedVersion: 'any',
    events: stored,
    commands: [],
  }))
  const note = { eventCount: events.length, upTo: base.upTo }
  return E.right({
    homes,
    next: next.right,
    request: {
      streams: [...streams, ...recordRequest(name, options, note)],
      condition: { query, sight: base.sight },
    },
  })
}

/** The events of a decision as they were recorded, in the order of their positions. */
export const recordedByHome = <Event>(
  homes: ReadonlyArray<HomeEvents<Event>>,
  appended: ReadonlyArray<Appended>,
): ReadonlyArray<RecordedEvent<Event>> =>
  homes.flatMap(({ home, events, stored }, index) => {
    const own = appended[index]
    if (own === undefined) return []
    const offset = { after: own.version - stored.length, skip: 0, appended: own }
    return recordedEvents(home, events, stored, offset)
  })
