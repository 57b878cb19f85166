import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoredEvent } from '../recorded-event'
import type { TransactionDocuments } from './projection-store'

/**
 * A read model that is kept inside the append: if it fails, nothing is stored. Given to the backend when that is
 * opened (`postgres(db, { inline: [names] })`), so that no append can leave it out.
 *
 * @typeParam Transaction - what the backend gives it to write with.
 */
export interface InlineProjection<Transaction> {
  readonly name: string
  /**
   * The events of one append, oldest first. A Left, a rejected promise or an exception undoes the append.
   *
   * @param documents - the backend's documents, inside of `transaction`.
   */
  readonly project: (
    events: ReadonlyArray<StoredEvent>,
    transaction: Transaction,
    documents: TransactionDocuments,
  ) => TaskEither<unknown, void>
}
