import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { EventCodec } from '../../core/codec/event-codec'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import type { Projection } from '../../core/projection'
import type { RecordedEvent, StoredEvent } from '../../core/recorded-event'
import { categoryOf } from '../../core/stream'
import { catching } from '../catching'
import { decodeRecorded } from '../state/replay'
import { projectInto } from './project'

/** A read model that is kept inside the append, event by event. */
export interface InlineHandler<Event, Transaction> {
  readonly name: string
  /** What it hears: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /**
   * A Left, a rejected promise or an exception undoes the append: the caller gets `ProjectionFailed`.
   *
   * @param documents - the backend's documents, inside of `transaction`.
   */
  readonly project: (
    event: RecordedEvent<Event>,
    transaction: Transaction,
    documents: TransactionDocuments,
  ) => TaskEither<unknown, void>
}

const isHeard =
  <Event>({ events, categories }: Pick<InlineHandler<Event, never>, 'events' | 'categories'>) =>
  ({ type, streamId }: StoredEvent): boolean =>
    Object.hasOwn(events.schemaVersions, type) &&
    (categories?.includes(categoryOf(streamId)) ?? true)

/**
 * Keeps a read model inside the append, with decoded events and the caller's own transaction: how a
 * unique name is enforced. See docs/how-to/inline-projection.md.
 *
 * @example
 * const backend = postgres(db, { inline: [inlineProjection({ name, events, project })] })
 */
export const inlineProjection = <Event, Transaction>(
  handler: InlineHandler<Event, Transaction>,
): InlineProjection<Transaction> => ({
  name: handler.name,
  project: (events, transaction, documents) => async () => {
    for (const stored of events.filter(isHeard(handler))) {
      const recorded = decodeRecorded(handler, stored)
      if (E.isLeft(recorded)) return recorded
      const started = catching(() => handler.project(recorded.right, transaction, documents))
      if (E.isLeft(started)) return started
      const done = await started.right()
      if (E.isLeft(done)) return done
    }
    return E.right(undefined)
  },
})

/**
 * Keeps the documents of a projection inside the append. Appends that change the same document follow one
 * another. A document of several streams sees their events in the order of the commits, not of the
 * positions.
 *
 * @example
 * const backend = postgres(db, { inline: [inlineDocuments(balances)] })
 */
export const inlineDocuments = <State, Event>(
  projection: Projection<State, Event>,
): InlineProjection<unknown> => ({
  name: projection.name,
  project: (events, _transaction, documents) => {
    const collection = projection.name
    const heard = events.filter(isHeard(projection))
    const keys = heard.flatMap((stored) => {
      const recorded = decodeRecorded(projection, stored)
      return E.isLeft(recorded) ? [] : (projection.key(recorded.right) ?? [])
    })
    return pipe(
      keys.length === 0 ? TE.right(undefined) : documents.lock(collection, keys),
      TE.flatMap(() => projectInto(projection, projection.name)({ documents, collection }, heard)),
    )
  },
})
