import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { placesOf } from '../../core/document-index'
import { undecodableDocument } from '../../core/errors/projection'
import { handlerFailed, type HandlerFailed } from '../../core/errors/subscription'
import type { DocumentWrite, TransactionDocuments } from '../../core/ports/projection-store'
import { type DocumentProjection, documentKeysOf, viewOf } from '../../core/projection'
import type { RecordedEvent, StoredEvent } from '../../core/recorded-event'
import type { Position } from '../../core/stream'
import { catching } from '../catching'
import { decodeRecorded } from '../state/replay'

/** An event, and a document that it changes. */
interface Change<Event> {
  readonly key: string
  readonly recorded: RecordedEvent<Event>
}

/** A document that is being worked on. */
interface Draft<State> {
  readonly state: State
  /** The last event that has changed it. */
  readonly position: Position
}

type Failing<Value> = E.Either<HandlerFailed | StoreFailed, Value>

const changesOf = <State, Event>(
  projection: DocumentProjection<State, Event>,
  name: string,
  events: ReadonlyArray<StoredEvent>,
): Failing<ReadonlyArray<Change<Event>>> => {
  const changes: Change<Event>[] = []
  for (const stored of events) {
    const recorded = decodeRecorded(projection, stored)
    if (E.isLeft(recorded)) return E.left(handlerFailed(name, stored.position, recorded.left))
    const keys = catching(() => documentKeysOf(projection, recorded.right))
    if (E.isLeft(keys)) return E.left(handlerFailed(name, stored.position, keys.left))
    for (const key of keys.right) changes.push({ key, recorded: recorded.right })
  }
  return E.right(changes)
}

/** The stored documents. One that does not decode is a failure of the first event that needs it. */
const draftsOf = async <State, Event>(
  { state }: DocumentProjection<State, Event>,
  name: string,
  { documents, collection }: Target,
  changes: ReadonlyArray<Change<Event>>,
): Promise<Failing<Map<string, Draft<State>>>> => {
  const first = new Map([...changes].reverse().map(({ key, recorded }) => [key, recorded.position]))
  const found = await documents.getMany(collection, [...first.keys()])()
  if (E.isLeft(found)) return found
  const drafts = new Map<string, Draft<State>>()
  for (const { key, value } of found.right) {
    const decoded = state.decode(value)
    const position = first.get(key) ?? 0
    if (E.isLeft(decoded)) {
      const cause = undecodableDocument(collection, key, decoded.left)
      return E.left(handlerFailed(name, position, cause))
    }
    drafts.set(key, { state: decoded.right, position })
  }
  return E.right(drafts)
}

const write = async <State, Event>(
  { state: codec, isGone, indexes }: DocumentProjection<State, Event>,
  name: string,
  { documents, collection }: Target,
  drafts: ReadonlyMap<string, Draft<State>>,
): Promise<Failing<void>> => {
  const writes: DocumentWrite[] = []
  for (const [key, { state, position }] of drafts) {
    const gone = catching(() => isGone?.(state) ?? false)
    if (E.isLeft(gone)) return E.left(handlerFailed(name, position, gone.left))
    const encoded = codec.encode(state)
    if (E.isLeft(encoded)) {
      const cause = undecodableDocument(collection, key, encoded.left)
      return E.left(handlerFailed(name, position, cause))
    }
    if (gone.right) writes.push({ key })
    else {
      const value = encoded.right
      const placed = indexes === undefined ? {} : { places: placesOf(indexes, value) }
      writes.push({ key, value, ...placed })
    }
  }
  return documents.write(collection, writes)()
}

/** Where a projection writes. */
export interface Target {
  readonly documents: TransactionDocuments
  readonly collection: string
}

/**
 * Brings the documents of a projection up to date with `events`.
 *
 * @param name - of the subscription or projection, for errors.
 */
export const projectInto =
  <State, Event>(projection: DocumentProjection<State, Event>, name: string) =>
  (
    target: Target,
    events: ReadonlyArray<StoredEvent>,
  ): TaskEither<HandlerFailed | StoreFailed, void> =>
  async () => {
    const changes = changesOf(projection, name, events)
    if (E.isLeft(changes)) return changes
    if (changes.right.length === 0) return E.right(undefined)
    const found = await draftsOf(projection, name, target, changes.right)
    if (E.isLeft(found)) return found
    const drafts = found.right
    for (const { key, recorded } of changes.right) {
      const state = catching(() => {
        const view = viewOf(projection, key)
        const before = drafts.get(key)
        return view.evolve(before === undefined ? view.initialState : before.state, recorded.event)
      })
      if (E.isLeft(state)) return E.left(handlerFailed(name, recorded.position, state.left))
      drafts.set(key, { state: state.right, position: recorded.position })
    }
    return write(projection, name, target, drafts)
  }
