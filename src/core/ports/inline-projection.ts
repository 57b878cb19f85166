import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoredEvent } from '../recorded-event'
import type { TransactionDocuments } from './projection-store'

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
}
