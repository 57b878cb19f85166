import * as E from 'fp-ts/Either'
import type { Category } from '../../core/category'
import { type DeciderThrew, deciderThrew } from '../../core/errors/decision'
import { undecodableEvent, type UndecodableEvent } from '../../core/errors/event'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import { issuesOf } from '../../core/issue'
import { isRecord } from '../../core/json'
import { Metadata, noMetadata } from '../../core/metadata'
import { isEmpty } from '../../core/owns'
import type {
  DecodedPendingEvent,
  PendingEvent,
  RecordedEvent,
  StoredEvent,
} from '../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../core/stream'
import { catching } from '../catching'
import { unshared } from './unshared'

/** What reading a stream needs of a category: everything but its commands. */
export type Replayable<State, Event> = Pick<
  Category<never, State, Event, unknown>,
  'name' | 'decider' | 'events' | 'snapshots'
>

/** A state, and the version of the stream at which it holds. */
export interface Versioned<State> {
  readonly state: State
  readonly version: StreamVersion
}

/** Why stored events could not be replayed. */
export type ReplayError = UndecodableEvent | DeciderThrew | StoreFailed

/** A stored event, decoded. */
export const decodeEvent = <Event>(
  { events }: Pick<Replayable<unknown, Event>, 'events'>,
  stored: StoredEvent,
): E.Either<ReplayError, Event> => {
  try {
    const decoded = events.decode(stored)
    return E.isLeft(decoded) ? E.left(undecodableEvent(stored, decoded.left)) : decoded
  } catch (cause) {
    return E.left(deciderThrew(stored.streamId, stored.version - 1, 'codec', cause))
  }
}

const none: ReturnType<typeof Metadata.decode> = E.right(noMetadata)

/** Most events have no metadata: then nothing needs decoding. */
const decodeMetadata = (metadata: unknown): ReturnType<typeof Metadata.decode> =>
  isRecord(metadata) && isEmpty(metadata) ? none : Metadata.decode(metadata)

/** A stored event with everything that was recorded with it, decoded. */
export const decodeRecorded = <Event>(
  category: Pick<Replayable<unknown, Event>, 'events'>,
  stored: StoredEvent,
): E.Either<ReplayError, RecordedEvent<Event>> => {
  const event = decodeEvent(category, stored)
  if (E.isLeft(event)) return event
  const metadata = decodeMetadata(stored.metadata)
  if (E.isLeft(metadata)) return E.left(undecodableEvent(stored, issuesOf(metadata.left)))
  const { id, streamId, version, position, recordedAt } = stored
  return E.right({
    id,
    streamId,
    version,
    position,
    recordedAt,
    metadata: metadata.right,
    event: event.right,
  })
}

/** An event that is about to be stored, decoded as it will be. */
export const decodePending = <Event>(
  category: Pick<Replayable<unknown, Event>, 'events'>,
  pending: PendingEvent,
): E.Either<ReplayError, DecodedPendingEvent<Event>> => {
  const recorded = decodeRecorded(category, { ...pending, position: 0, recordedAt: 0 })
  if (E.isLeft(recorded)) return recorded
  const { id, streamId, version, metadata, event } = recorded.right
  return E.right({ id, streamId, version, metadata, event })
}

const gap = (stored: StoredEvent, before: StreamVersion): StoreFailed =>
  storeFailed(
    'CorruptRow',
    'nothingWritten',
    undefined,
    `${stored.streamId} has no event ${before + 1}: after ${before} comes ${stored.version}`,
  )

/** Whether the stream begins with it, at whatever version: what was there before was replaced by it. */
export const isBeginning = ({ metadata }: StoredEvent): boolean => metadata.beginning === true

/** What was asked for was before the beginning of the stream. */
export const truncated = (streamId: StreamId, version: StreamVersion): StoreFailed =>
  storeFailed(
    'Truncated',
    'nothingWritten',
    undefined,
    `${streamId} was truncated: its first event is version ${version}`,
  )

/** Applies one decoded event to a state. */
export const evolveOnce = <State, Event>(
  { decider }: Pick<Replayable<State, Event>, 'decider'>,
  streamId: StreamId,
  { state, version }: Versioned<State>,
  event: Event,
): E.Either<DeciderThrew, Versioned<State>> => {
  try {
    return E.right({ state: decider.evolve(state, event), version: version + 1 })
  } catch (cause) {
    return E.left(deciderThrew(streamId, version, 'evolve', cause))
  }
}

/** Replays stored events, oldest first. */
export const replayStored = <State, Event>(
  category: Replayable<State, Event>,
  from: Versioned<State>,
  events: ReadonlyArray<StoredEvent>,
): E.Either<ReplayError, Versioned<State>> => {
  let current = from
  for (const stored of events) {
    if (isBeginning(stored)) current = { ...beginning(category), version: stored.version - 1 }
    else if (stored.version !== current.version + 1) return E.left(gap(stored, current.version))
    const event = decodeEvent(category, stored)
    if (E.isLeft(event)) return event
    const next = evolveOnce(category, stored.streamId, current, event.right)
    if (E.isLeft(next)) return next
    current = next.right
  }
  return E.right(current)
}

/** The state before anything happened, shared with no one: a caller that changes it must not change every stream. */
export const beginning = <State>({
  decider: { initialState },
}: {
  readonly decider: { readonly initialState: State }
}): Versioned<State> => {
  const own = catching(() => unshared(initialState))
  return { state: E.isRight(own) ? own.right : initialState, version: 0 }
}
