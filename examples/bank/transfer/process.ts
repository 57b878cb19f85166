import { identity } from 'fp-ts/lib/function.js'
import {
  adaptProcess,
  type ManyCommand,
  type ManyEvent,
  type KeyedCommand,
  type KeyedEvent,
  type Process,
  type StateByKey,
} from 'reprise/algebra'
import { type AccountCommand, depositMoney, withdrawMoney } from '../account/commands'
import type { AccountEvent } from '../account/events'
import { afterBooking, afterRejection, type Pending } from './pending'
import type { Booked, Booking } from './referenced'
import type { TransferCommand, TransferEvent } from './messages'

export type BankCommand = KeyedCommand<{
  readonly accounts: ManyCommand<Booking<AccountCommand>>
  readonly transfers: ManyCommand<TransferCommand>
}>
export type BankEvent = KeyedEvent<{
  readonly accounts: ManyEvent<Booked<AccountEvent>>
  readonly transfers: ManyEvent<TransferEvent>
}>

/** The transfers that are under way, by their id. */
export type TransferProcessState = StateByKey<Pending>

const book = (accountId: string, transferId: string, command: AccountCommand): BankCommand => ({
  key: 'accounts',
  command: { key: accountId, command: { transferId, command } },
})
const update = (transferId: string, command: TransferCommand): BankCommand => ({
  key: 'transfers',
  command: { key: transferId, command },
})

const commandFor = (id: string, { from, to, amount, next }: Pending): BankCommand => {
  switch (next) {
    case 'withdraw':
      return book(from, id, withdrawMoney(amount))
    case 'deposit':
      return book(to, id, depositMoney(amount))
    case 'refund':
    case 'owed':
      return book(from, id, depositMoney(amount))
    case 'complete':
      return update(id, { type: 'CompleteTransfer' })
    case 'fail':
      return update(id, { type: 'FailTransfer' })
  }
}

const pendingIn = (state: TransferProcessState, id: string): Pending | undefined =>
  Object.hasOwn(state, id) ? state[id] : undefined

const without = (pending: TransferProcessState, id: string): TransferProcessState =>
  Object.fromEntries(Object.entries(pending).filter(([other]) => other !== id))

/** What a transfer receives: the bookings made for it, and its own events. */
export type Received = Booked<AccountEvent | TransferEvent>

/** Withdraws the money, deposits it, and refunds it if it cannot be deposited. */
export const movingMoney: Process<Received, BankCommand, TransferProcessState> = {
  initialState: {},
  evolve: (state, { transferId: id, event }) => {
    if (id === null) return state
    const known = pendingIn(state, id)
    const advance = (after: (next: Pending['next']) => Pending['next']): TransferProcessState =>
      known === undefined ? state : { ...state, [id]: { ...known, next: after(known.next) } }
    switch (event.type) {
      case 'AccountOpened':
        return state
      case 'MoneyDeposited':
      case 'MoneyWithdrawn':
        return advance(afterBooking)
      case 'TransferStarted': {
        const { from, to, amount } = event
        return { ...state, [id]: { from, to, amount, next: 'withdraw' } }
      }
      case 'BookingRefused':
        return advance(afterRejection)
      case 'TransferCompleted':
      case 'TransferFailed':
        return without(state, id)
    }
  },
  react: (state, { transferId: id }) => {
    const known = id === null ? undefined : pendingIn(state, id)
    // Retrying a rejected refund at once would never end.
    return id === null || known === undefined || known.next === 'owed'
      ? []
      : [commandFor(id, known)]
  },
  resume: (state) => Object.entries(state).map(([id, pending]) => commandFor(id, pending)),
}

/** The same process, with the events and commands of the composed bank. */
export const transferProcess = adaptProcess({
  event: ({ key, event }: BankEvent): Received =>
    key === 'accounts' ? event.event : { transferId: event.key, event: event.event },
  command: identity<BankCommand>,
})(movingMoney)
