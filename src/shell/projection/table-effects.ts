import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { EventCodec } from '../../core/codec/event-codec'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import { handlerFailed, type HandlerFailed } from '../../core/errors/subscription'
import { faultOf } from '../../core/fault'
import type { OwnTables } from '../../core/ports/own-tables'
import type { ProjectionBuild, Projections } from '../../core/ports/projection-store'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { TableProjection } from '../../core/projection'
import type { RecordedEvent, StoredEvent } from '../../core/recorded-event'
import { type Effects, oneByOneEffects, transactionEffects } from '../subscription/effects'
import { bounded } from '../subscription/handler'
import { decodeRecorded } from '../state/replay'

const noTables = (): StoreFailed =>
  storeFailed(
    'DataRefused',
    'nothingWritten',
    undefined,
    'this backend has no tables for a projection: use postgres()',
  )

/** The tables of builds, or why there are none. */
export const tablesOf = <Transaction>({
  tables,
}: Pick<Projections<Transaction>, 'tables'>): E.Either<StoreFailed, OwnTables<Transaction>> =>
  tables === undefined ? E.left(noTables()) : E.right(tables)

/** Every transaction of a checkpoint begins by binding the tables of the build. */
const bound = <Transaction>(
  subscriptions: SubscriptionStore<Transaction>,
  documents: Pick<Projections<Transaction>, 'tables'>,
  build: ProjectionBuild,
): SubscriptionStore<Transaction> => ({
  ...subscriptions,
  commit: (from, work) =>
    subscriptions.commit(from, (transaction) =>
      pipe(
        TE.fromEither(tablesOf(documents)),
        TE.flatMap((tables) => tables.bind(transaction, build)),
        TE.flatMap(() => work(transaction)),
      ),
    ),
})

type Decoded<Event> = E.Either<HandlerFailed, ReadonlyArray<RecordedEvent<Event>>>

const decodeAll = <Event>(
  codec: EventCodec<Event>,
  subscription: string,
  stored: ReadonlyArray<StoredEvent>,
): Decoded<Event> => {
  const events: RecordedEvent<Event>[] = []
  for (const one of stored) {
    const event = decodeRecorded({ events: codec }, one)
    if (E.isLeft(event)) return E.left(handlerFailed(subscription, one.position, event.left))
    events.push(event.right)
  }
  return E.right(events)
}

const nothing = (): undefined => undefined

/** The failure of a whole batch: one of several events has caused it, so smaller batches show which. */
const batchFailed = (
  subscription: string,
  events: ReadonlyArray<StoredEvent>,
  cause: unknown,
): HandlerFailed | StoreFailed =>
  events.length > 1 && faultOf(cause) !== 'Infrastructure'
    ? storeFailed(
        'Unexpected',
        'nothingWritten',
        cause,
        `a batch of ${events.length} events failed`,
      )
    : handlerFailed(subscription, events[0]?.position ?? 0, cause)

/** Writes to the tables of a build, in the transaction of its checkpoint. */
export const tableEffects = <Event, Transaction>(
  projection: TableProjection<Event, Transaction>,
  subscriptions: SubscriptionStore<Transaction>,
  documents: Pick<Projections<Transaction>, 'tables'>,
  build: ProjectionBuild,
): Effects => {
  const { events: codec, handling } = projection
  const { collection } = build
  const store = bound(subscriptions, documents, build)
  if ('handle' in handling) {
    return oneByOneEffects(store, (stored, transaction, context) =>
      pipe(
        TE.fromEither(decodeRecorded({ events: codec }, stored)),
        TE.flatMap((event) => handling.handle(event, transaction, context)),
        TE.map(nothing),
      ),
    )
  }
  return transactionEffects(store, (stored, transaction, bounds) =>
    pipe(
      TE.fromEither(decodeAll(codec, collection, stored)),
      TE.flatMap((events) =>
        pipe(
          () => bounded(bounds, (context) => handling.handleBatch(events, transaction, context)),
          TE.mapLeft((cause) => batchFailed(collection, stored, cause)),
        ),
      ),
      TE.map(nothing),
    ),
  )
}
