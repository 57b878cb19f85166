import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { EventCodec } from '../../core/codec/event-codec'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import { type DocumentProjection, documentKeysOf } from '../../core/projection'
import type { PendingEvent, RecordedEvent } from '../../core/recorded-event'
import { categoryOf } from '../../core/stream'
import { catching } from '../catching'
import { decodeRecorded } from '../state/replay'
import { projectInto } from './project'

/** A read model that is updated inside the append, event by event. */
export interface InlineHandler<Event, Transaction> {
  readonly name: string
  /** The events it receives: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /**
   * A Left, a rejected promise or an exception rolls the append back: the caller gets `ProjectionFailed`.
   *
   * @param documents - the backend's documents, inside `transaction`.
   */
  readonly project: (
    event: RecordedEvent<Event>,
    transaction: Transaction,
    documents: TransactionDocuments,
  ) => TaskEither<unknown, void>
}

export const isFor =
  <Event>({ events, categories }: Pick<InlineHandler<Event, never>, 'events' | 'categories'>) =>
  ({ type, streamId }: PendingEvent): boolean =>
    Object.hasOwn(events.schemaVersions, type) &&
    (categories?.includes(categoryOf(streamId)) ?? true)

/**
 * Updates a read model inside the append, with decoded events and the backend's transaction: this is how a
 * unique name is enforced. See docs/how-to/inline-projection.md. Where the event alone determines what is to be run,
 * `inlineStatements` of `reprise/postgres` takes less time.
 *
 * If it fails, nothing is stored, and the append fails with `ProjectionFailed`: because an event does not
 * decode, or because `project` answers a Left, rejects or throws.
 *
 * @example
 * const ownerNames = inlineProjection({ name: 'owner-names', events: accountEvents, project: reserveOwner })
 * const backend = postgres(pool, { inline: [ownerNames] })
 */
export const inlineProjection = <Event, Transaction>(
  handler: InlineHandler<Event, Transaction>,
): InlineProjection<Transaction> => ({
  name: handler.name,
  project: (events, transaction, documents) => async () => {
    for (const stored of events.filter(isFor(handler))) {
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
 * Updates the documents of a projection inside the append. Appends that change the same document run one
 * after another. A document of several streams receives their events in the order of the commits, not of the
 * positions. If it fails (an event or a document does not decode, or the projection throws), nothing is
 * stored, and the append fails with `ProjectionFailed`.
 *
 * @example
 * const backend = postgres(pool, { inline: [inlineDocuments(balances)] })
 */
export const inlineDocuments = <State, Event>(
  projection: DocumentProjection<State, Event>,
): InlineProjection<unknown> => ({
  name: projection.name,
  project: (events, _transaction, documents) => {
    const collection = projection.name
    const own = events.filter(isFor(projection))
    const keys = own.flatMap((stored) => {
      const recorded = decodeRecorded(projection, stored)
      return E.isLeft(recorded) ? [] : documentKeysOf(projection, recorded.right)
    })
    return pipe(
      keys.length === 0 ? TE.right(undefined) : documents.lock(collection, keys),
      TE.flatMap(() => projectInto(projection, projection.name)({ documents, collection }, own)),
    )
  },
})
