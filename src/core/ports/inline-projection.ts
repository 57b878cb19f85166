import type { Either } from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { PendingEvent, StoredEvent } from '../recorded-event'
import type { TransactionDocuments } from './projection-store'

/** A statement of a backend that takes them as text. One that Kysely has compiled is one. */
export interface InlineStatement {
  readonly sql: string
  readonly parameters: ReadonlyArray<unknown>
}

/**
 * A read model that is updated inside the append: if it fails, nothing is stored. Passed to the backend when that
 * is opened (`postgres(db, { inline: [names] })`), so that no append can bypass it.
 *
 * @typeParam Transaction - the backend's transaction.
 */
export interface InlineProjection<Transaction> {
  readonly name: string
  /**
   * Called with the events of one append, oldest first. A Left, a rejected promise or an exception rolls the
   * append back.
   *
   * @param documents - the backend's documents, inside `transaction`.
   */
  readonly project: (
    events: ReadonlyArray<StoredEvent>,
    transaction: Transaction,
    documents: TransactionDocuments,
  ) => TaskEither<unknown, void>
  /**
   * What {@link project} would run, if that is known before the events are stored: a backend that can sends it along with
   * the append, and does not call `project`. A Left: `project` is to be called, and will say what is wrong.
   */
  readonly statements?: (
    events: ReadonlyArray<PendingEvent>,
  ) => Either<unknown, ReadonlyArray<InlineStatement>>
}
