import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { EventCodec } from '../../core/codec/event-codec'
import type { InlineProjection, InlineStatement } from '../../core/ports/inline-projection'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import { type DocumentProjection, documentKeysOf } from '../../core/projection'
import type { DecodedPendingEvent, PendingEvent, RecordedEvent } from '../../core/recorded-event'
import { categoryOf } from '../../core/stream'
import { catching } from '../catching'
import { decodePending, decodeRecorded } from '../state/replay'
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

/**
 * A read model that is updated inside the append by statements that the event alone determines. They are sent along with the
 * append, so they take no round trip of their own.
 */
export interface InlineStatements<Event, Statement extends InlineStatement> {
  readonly name: string
  /** The events it receives: the types that the codec knows, and no others. */
  readonly events: EventCodec<Event>
  /** Only these categories. Omitted: all. */
  readonly categories?: ReadonlyArray<string>
  /**
   * What is to be run for an event, in this order; in the order of the events. Pure: it may be called more than once. A
   * statement that fails rolls the append back, as an exception does: the caller gets `ProjectionFailed`. What they
   * answer is dropped.
   */
  readonly statements: (event: DecodedPendingEvent<Event>) => ReadonlyArray<Statement>
}

/** What runs statements: a transaction of Kysely is one. */
export interface RunsStatements<Statement> {
  readonly executeQuery: (statement: Statement) => Promise<unknown>
}

const isFor =
  <Event>({ events, categories }: Pick<InlineHandler<Event, never>, 'events' | 'categories'>) =>
  ({ type, streamId }: PendingEvent): boolean =>
    Object.hasOwn(events.schemaVersions, type) &&
    (categories?.includes(categoryOf(streamId)) ?? true)

const projectEach =
  <Event, Transaction>(
    handler: InlineHandler<Event, Transaction>,
  ): InlineProjection<Transaction>['project'] =>
  (events, transaction, documents) =>
  async () => {
    for (const stored of events.filter(isFor(handler))) {
      const recorded = decodeRecorded(handler, stored)
      if (E.isLeft(recorded)) return recorded
      const started = catching(() => handler.project(recorded.right, transaction, documents))
      if (E.isLeft(started)) return started
      const done = await started.right()
      if (E.isLeft(done)) return done
    }
    return E.right(undefined)
  }

/** The statements for some events, if all of them decode. */
const statementsFor =
  <Event, Statement extends InlineStatement>(handler: InlineStatements<Event, Statement>) =>
  (events: ReadonlyArray<PendingEvent>): E.Either<unknown, ReadonlyArray<Statement>> => {
    const all: Statement[] = []
    for (const pending of events.filter(isFor(handler))) {
      const decoded = decodePending(handler, pending)
      if (E.isLeft(decoded)) return decoded
      const own = catching(() => handler.statements(decoded.right))
      if (E.isLeft(own)) return own
      all.push(...own.right)
    }
    return E.right(all)
  }

/** Runs them in a transaction: where they cannot be sent along with the append. */
const runEach =
  <Event, Statement extends InlineStatement>(
    handler: InlineStatements<Event, Statement>,
  ): InlineProjection<RunsStatements<Statement>>['project'] =>
  (events, transaction) =>
  async () => {
    const statements = statementsFor(handler)(events)
    if (E.isLeft(statements)) return statements
    for (const statement of statements.right) await transaction.executeQuery(statement)
    return E.right(undefined)
  }

/**
 * Updates a read model inside the append: this is how a unique name is enforced. See docs/how-to/inline-projection.md.
 *
 * With `statements`, pure, for what the event alone determines: they are sent along with the append, which is the
 * fastest way there is. With `project` for what has to look first: it has decoded events and the backend's transaction.
 *
 * If it fails, nothing is stored, and the append fails with `ProjectionFailed`: because an event does not
 * decode, because a statement fails, because `project` answers a Left or rejects, or because either throws.
 *
 * @example
 * const totals = inlineProjection({
 *   name: 'totals',
 *   events: accountEvents,
 *   statements: ({ event }) => [sql`update totals set amount = amount + ${event.amount}`.compile(db)],
 * })
 * const backend = postgres(pool, { inline: [totals] })
 */
export function inlineProjection<Event, Transaction>(
  handler: InlineHandler<Event, Transaction>,
): InlineProjection<Transaction>
/** The same, with statements. */
export function inlineProjection<Event, Statement extends InlineStatement>(
  handler: InlineStatements<Event, Statement>,
): InlineProjection<RunsStatements<Statement>>
export function inlineProjection<Event, Transaction, Statement extends InlineStatement>(
  handler: InlineHandler<Event, Transaction> | InlineStatements<Event, Statement>,
): InlineProjection<Transaction> | InlineProjection<RunsStatements<Statement>> {
  const { name } = handler
  return 'statements' in handler
    ? { name, project: runEach(handler), statements: statementsFor(handler) }
    : { name, project: projectEach(handler) }
}

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
