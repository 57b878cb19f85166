import type { CommandFor, EventOf, KeyedCommand, KeyedEvent, Process, StateByKey } from 'reprise'
import { type AccountCommand, depositMoney, withdrawMoney } from '../account/commands'
import type { AccountEvent } from '../account/events'
import { afterBooking, afterRefusal, type Pending } from './pending'
import type { Booked, Booking } from './referenced'
import type { TransferCommand, TransferEvent } from './words'

export type BankCommand = KeyedCommand<{
  readonly accounts: CommandFor<Booking<AccountCommand>>
  readonly transfers: CommandFor<TransferCommand>
}>
export type BankEvent = KeyedEvent<{
  readonly accounts: EventOf<Booked<AccountEvent>>
  readonly transfers: EventOf<TransferEvent>
}>

/** The transfers that are under way, by their id. */
export type TransferProcessState = StateByKey<Pending>

const book = (accountId: string, transferId: string, command: AccountCommand): BankCommand => ({
  key: 'accounts',
  command: { key: accountId, command: { transferId, command } },
})
const tell = (transferId: string, command: TransferCommand): BankCommand => ({
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
      return tell(id, { type: 'CompleteTransfer' })
    case 'fail':
      return tell(id, { type: 'FailTransfer' })
  }
}

const transferIn = ({ key, event }: BankEvent): string | null =>
  key === 'transfers' ? event.key : event.event.transferId

const pendingIn = (state: TransferProcessState, id: string): Pending | undefined =>
  Object.hasOwn(state, id) ? state[id] : undefined

const without = (pending: TransferProcessState, id: string): TransferProcessState =>
  Object.fromEntries(Object.entries(pending).filter(([other]) => other !== id))

/** Takes the money out, puts it in, and gives it back when it cannot be put in. */
export const transferProcess: Process<BankEvent, BankCommand, TransferProcessState> = {
  initialState: {},
  evolve: (state, keyed) => {
    const id = transferIn(keyed)
    if (id === null) return state
    const known = pendingIn(state, id)
    if (keyed.key === 'accounts') {
      return known === undefined
        ? state
        : { ...state, [id]: { ...known, next: afterBooking(known.next) } }
    }
    const { event } = keyed.event
    switch (event.type) {
      case 'TransferStarted': {
        const { from, to, amount } = event
        return { ...state, [id]: { from, to, amount, next: 'withdraw' } }
      }
      case 'BookingRefused':
        return known === undefined
          ? state
          : { ...state, [id]: { ...known, next: afterRefusal(known.next) } }
      case 'TransferCompleted':
      case 'TransferFailed':
        return without(state, id)
    }
  },
  react: (state, event) => {
    const id = transferIn(event)
    const known = id === null ? undefined : pendingIn(state, id)
    // Asking again at once for what was refused just now would never end.
    return id === null || known === undefined || known.next === 'owed'
      ? []
      : [commandFor(id, known)]
  },
  resume: (state) => Object.entries(state).map(([id, pending]) => commandFor(id, pending)),
}
