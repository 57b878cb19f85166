import * as E from 'fp-ts/Either'
import type { EventCodec } from '../../core/codec/event-codec'
import type { InlineProjection, InlineStatement } from '../../core/ports/inline-projection'
import type { DecodedPendingEvent, PendingEvent } from '../../core/recorded-event'
import { catching } from '../catching'
import { decodePending } from '../state/replay'
import { isFor } from './inline'

/**
 * A read model that is updated inside the append by statements that the event alone determines. They are sent along with the
 * append, so they take no round trip of their own.
 */
export interface StatementsHandler<Event, Statement extends InlineStatement> {
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

/** The statements for some events, if all of them decode. */
const statementsFor =
  <Event, Statement extends InlineStatement>(handler: StatementsHandler<Event, Statement>) =>
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
    handler: StatementsHandler<Event, Statement>,
  ): InlineProjection<RunsStatements<Statement>>['project'] =>
  (events, transaction) =>
  async () => {
    const statements = statementsFor(handler)(events)
    if (E.isLeft(statements)) return statements
    for (const statement of statements.right) await transaction.executeQuery(statement)
    return E.right(undefined)
  }

/**
 * Updates a read model inside the append by statements that the event alone determines. They are sent along with the append, in one
 * round trip: see docs/how-to/inline-projection.md. For what has to look first there is `inlineProjection`.
 *
 * If one fails, nothing is stored, and the append fails with `ProjectionFailed`: also because an event does not decode, or
 * because `statements` throws.
 *
 * @example
 * const totals = inlineStatements({
 *   name: 'totals',
 *   events: accountEvents,
 *   statements: ({ streamId, version }) => [
 *     CompiledQuery.raw('update totals set events = $2 where stream_id = $1', [streamId, version]),
 *   ],
 * })
 * const backend = postgres(pool, { inline: [totals] })
 */
export const inlineStatements = <Event, Statement extends InlineStatement>(
  handler: StatementsHandler<Event, Statement>,
): InlineProjection<RunsStatements<Statement>> => ({
  name: handler.name,
  project: runEach(handler),
  statements: statementsFor(handler),
})
