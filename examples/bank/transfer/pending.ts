import * as t from 'io-ts'
import { Cents } from '../account/cents'

/** The next step. `owed`: the refund was rejected, and is retried when resumed. */
const Next = t.keyof({
  withdraw: null,
  deposit: null,
  refund: null,
  owed: null,
  complete: null,
  fail: null,
})
export type Next = t.TypeOf<typeof Next>

/** Where the money of a transfer is, and the next step. */
export const Pending = t.strict({ from: t.string, to: t.string, amount: Cents, next: Next })
export interface Pending extends t.TypeOf<typeof Pending> {}

/** The next step after a booking for the transfer. */
export const afterBooking = (next: Next): Next => {
  switch (next) {
    case 'withdraw':
      return 'deposit'
    case 'deposit':
      return 'complete'
    case 'refund':
    case 'owed':
    case 'complete':
    case 'fail':
      return 'fail'
  }
}

/** The next step after a booking was rejected. Money that was withdrawn is never lost. */
export const afterRejection = (next: Next): Next => {
  switch (next) {
    case 'withdraw':
    case 'complete':
    case 'fail':
      return 'fail'
    case 'deposit':
      return 'refund'
    case 'refund':
    case 'owed':
      return 'owed'
  }
}
