import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoredEvent } from '../recorded-event'

/**
 * A read model that is kept inside the append: if it fails, nothing is stored.
 *
 * @typeParam Transaction - what the store's adapter gives it to write with.
 */
export interface InlineProjection<Transaction> {
  readonly name: string
  /** The events of one append, oldest first. A Left, a rejected promise or an exception undoes the append. */
  readonly project: (
    events: ReadonlyArray<StoredEvent>,
    transaction: Transaction,
  ) => TaskEither<unknown, void>
}
