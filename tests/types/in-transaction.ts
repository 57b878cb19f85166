import type { Kysely, Transaction } from 'kysely'
import { openCategory } from 'reprise'
import { memory } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { counter } from '../support/counter'

interface Shop {
  readonly mails: { readonly id: string }
}
declare const db: Kysely<Shop>
declare const transaction: Transaction<Shop>
declare const other: Transaction<{ readonly letters: { readonly id: number } }>

const counters = openCategory(counter, postgres(db))
export const { handleCommand, load } = counters.inTransaction(transaction)

// @ts-expect-error -- a transaction of another database
counters.inTransaction(other)

// @ts-expect-error -- what stays in memory has no transactions of its caller's
export const none = openCategory(counter, memory()).inTransaction

// @ts-expect-error -- cached states are none of a transaction's
export const { cached } = counters.inTransaction(transaction)
