import * as t from 'io-ts'
import { Cents } from '../account/cents'

/** What is to be done next. `owed`: the refund was refused, and is tried again when resumed. */
const Next = t.keyof({
  withdraw: null,
  deposit: null,
  refund: null,
  owed: null,
  complete: null,
  fail: null,
})
export type Next = t.TypeOf<typeof Next>

/** Where the money of a transfer is, and what is to be done next. */
export const Pending = t.strict({ from: t.string, to: t.string, amount: Cents, next: Next })
export interface Pending extends t.TypeOf<typeof Pending> {}

/** What is next after a booking for the transfer. */
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

/** What is next when a booking was refused. Money that was taken out is never forgotten. */
export const afterRefusal = (next: Next): Next => {
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
