import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendRequest } from '../core/append'
import type { AppendTogetherRequest } from '../core/append-together'
import { plainCopy } from '../core/canonical-json'
import { unencodableEvent, type UnencodableEvent } from '../core/errors/event'
import { type StoreFailed, storeFailed } from '../core/errors/store'
import { describeIssues } from '../core/issue'
import type { Json } from '../core/json'
import type { BoundaryStore } from '../core/ports/boundary-store'
import type { EventStore } from '../core/ports/event-store'
import type { StoredEvent } from '../core/recorded-event'
import type { KeyRing, OpenKeys } from './key-ring'
import { openAll, sealAll, type Sealed } from './sealing'

/** Events as they were before they were sealed. */
export const openEvents = async (
  keys: OpenKeys,
  events: ReadonlyArray<StoredEvent>,
): Promise<E.Either<StoreFailed, ReadonlyArray<StoredEvent>>> => {
  const data = await openAll(
    keys,
    events.map((event) => event.data),
  )
  if (E.isLeft(data)) return data
  return E.right(
    events.map((event, index) => {
      const opened = data.right[index] ?? event.data
      return opened === event.data ? event : { ...event, data: opened }
    }),
  )
}

/** A copy of what a caller may change before it is sealed. What throws when it is read is refused by the store, as it is. */
const taken = <Given>(given: Given): Given =>
  E.getOrElse(() => given)(
    E.tryCatch(
      () => plainCopy(given),
      () => undefined,
    ),
  )

/** Values whose forgotten parts have become placeholders. Fails for what no store may keep. */
export const sealValues = async <Value extends Json>(
  keys: OpenKeys,
  values: ReadonlyArray<Value>,
): Promise<E.Either<StoreFailed, ReadonlyArray<Value>>> => {
  const sealed = await sealAll(keys, taken(values))
  if (E.isLeft(sealed)) return sealed
  const wrong = sealed.right.flatMap(({ issue }) => (issue === undefined ? [] : [issue]))
  return wrong.length === 0
    ? E.right(sealed.right.map(({ value }) => value))
    : E.left(storeFailed('DataRefused', 'nothingWritten', undefined, describeIssues(wrong)))
}

const refusalOf = ({ issue, forgotten: [subject] }: Sealed<Json>): string | undefined =>
  issue?.message ??
  (subject === undefined
    ? undefined
    : `${subject} was forgotten: no personal data about it is stored any more`)

type SealError = StoreFailed | UnencodableEvent

/** Requests without personal data in them. About a subject that was forgotten there are no new events with any. */
const sealRequests = async (
  keys: OpenKeys,
  requests: ReadonlyArray<AppendRequest>,
): Promise<E.Either<SealError, ReadonlyArray<AppendRequest>>> => {
  const events = requests.flatMap((request) => request.events)
  const sealed = await sealAll(
    keys,
    events.map(({ data }) => data),
  )
  if (E.isLeft(sealed)) return sealed
  let at = 0
  const made: AppendRequest[] = []
  for (const request of requests) {
    const own = sealed.right.slice(at, at + request.events.length)
    at += request.events.length
    const index = own.findIndex((one) => refusalOf(one) !== undefined)
    const [event, one] = [request.events[index], own[index]]
    if (event !== undefined && one !== undefined) {
      const issue = { path: '', message: refusalOf(one) ?? '' }
      return E.left(unencodableEvent(request.streamId, index, event.type, [issue]))
    }
    const data = request.events.map((each, place) => own[place]?.value ?? each.data)
    const same = request.events.every((each, place) => each.data === data[place])
    made.push(same ? request : { ...request, events: withData(request.events, data) })
  }
  return E.right(made)
}

const withData = <Event extends { readonly data: Data }, Data>(
  events: ReadonlyArray<Event>,
  data: ReadonlyArray<Data>,
): ReadonlyArray<Event> =>
  events.map((event, index) => ({ ...event, data: data[index] ?? event.data }))

/** Opens what a read has found. */
const opening =
  <Found, Failure>(
    keys: OpenKeys,
    read: TaskEither<Failure, Found & { readonly events: ReadonlyArray<StoredEvent> }>,
  ): TaskEither<Failure | StoreFailed, Found & { readonly events: ReadonlyArray<StoredEvent> }> =>
  async () => {
    const page = await read()
    if (E.isLeft(page)) return page
    const events = await openEvents(keys, page.right.events)
    return E.isLeft(events) ? events : E.right({ ...page.right, events: events.right })
  }

const sealTogether = async (
  keys: OpenKeys,
  given: AppendTogetherRequest,
): Promise<E.Either<SealError, AppendTogetherRequest>> => {
  const request = taken(given)
  const streams = await sealRequests(keys, request.streams)
  return E.isLeft(streams) ? streams : E.right({ ...request, streams: streams.right })
}

/** What is decided while the locks are held is sealed there, too. */
const sealedLocked =
  (
    store: BoundaryStore,
    keys: OpenKeys,
    { on }: Pick<KeyRing<never>, 'on'>,
  ): BoundaryStore['appendLocked'] =>
  <Failure>(
    likely: AppendTogetherRequest,
    decide: Parameters<typeof store.appendLocked<Failure>>[1],
  ) =>
  async () => {
    const sealed = await sealTogether(keys, likely)
    if (E.isLeft(sealed)) return sealed
    // The adapter has a transaction open by then: another connection may not be had.
    const inside: Parameters<typeof store.appendLocked<Failure | SealError>>[1] = (
      readMatching,
      subjectKeys,
    ) => {
      const own = subjectKeys === undefined ? keys : on(subjectKeys)
      const reading: typeof readMatching = (query, range) =>
        opening(own, readMatching(query, range))
      return async () => {
        const decided = await decide(reading, subjectKeys)()
        return E.isLeft(decided) ? decided : sealTogether(own, decided.right)
      }
    }
    return store.appendLocked(sealed.right, inside)()
  }

/** A store that is given events with personal data, and keeps them sealed. */
export const sealedStore = (
  store: EventStore & BoundaryStore,
  keys: OpenKeys,
  ring: Pick<KeyRing<never>, 'on' | 'epoch' | 'maxAge'>,
): EventStore & BoundaryStore => {
  const { version, streams, declareTags } = store
  return {
    version,
    streams,
    declareTags,
    stateLifetime: { maxAge: ring.maxAge, epoch: ring.epoch },
    append: (given) => async () => {
      const request = taken(given)
      const sealed = await sealRequests(keys, [request])
      if (E.isLeft(sealed)) return sealed
      return store.append(sealed.right[0] ?? request)()
    },
    load: (request) => async () => {
      const loaded = await opening(keys, store.load(request))()
      if (E.isLeft(loaded) || loaded.right.snapshot === undefined) return loaded
      const { snapshot } = loaded.right
      const state = await openAll(keys, [snapshot.state])
      if (E.isLeft(state)) return state
      const [opened = snapshot.state] = state.right
      return E.right({ ...loaded.right, snapshot: { ...snapshot, state: opened } })
    },
    read: (streamId, range) => opening(keys, store.read(streamId, range)),
    readBackwards: (streamId, range) => opening(keys, store.readBackwards(streamId, range)),
    readAll: (range) => opening(keys, store.readAll(range)),
    saveSnapshot: (given) => async () => {
      const snapshot = taken(given)
      const state = await sealValues(keys, [snapshot.state])
      if (E.isLeft(state)) return state
      const [sealed = snapshot.state] = state.right
      return store.saveSnapshot({ ...snapshot, state: sealed })()
    },
    readMatching: (query, range) => opening(keys, store.readMatching(query, range)),
    appendTogether: (request) => async () => {
      const sealed = await sealTogether(keys, request)
      return E.isLeft(sealed) ? sealed : store.appendTogether(sealed.right)()
    },
    appendLocked: sealedLocked(store, keys, ring),
    afterAppend: ({ run, onError }) =>
      store.afterAppend({
        run: async (events) => {
          const opened = await openEvents(keys, events)
          if (E.isLeft(opened)) onError(opened.left)
          else await run(opened.right)
        },
        onError,
      }),
  }
}
