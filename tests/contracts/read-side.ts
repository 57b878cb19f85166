import type { Backend } from '../../src/core/ports/backend'

/** What a suite of the read side is run on. */
export type ReadSideUnderTest<Transaction> = Omit<Backend<Transaction>, 'migrate'>

/** What the contracts of the read side are run on. */
export type ReadSide<Transaction> = Pick<
  Backend<Transaction>,
  'subscriptions' | 'documents' | 'outbox'
>
