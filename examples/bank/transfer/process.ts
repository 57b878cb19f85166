import type { CommandFor, EventOf, KeyedCommand, KeyedEvent, Process } from '../../../src/index'
import type { AccountCommand, AccountEvent } from './account-words'
import type { Cents } from './cents'
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

/** Where the money of a transfer is, and what is to be done next. */
interface Pending {
  readonly from: string
  readonly to: string
  readonly amount: Cents
  readonly next: 'withdraw' | 'deposit' | 'refund' | 'complete' | 'fail'
}
export type TransferProcessState = Readonly<Record<string, Pending>>

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
      return book(from, id, { type: 'WithdrawMoney', amount })
    case 'deposit':
      return book(to, id, { type: 'DepositMoney', amount })
    case 'refund':
      return book(from, id, { type: 'DepositMoney', amount })
    case 'complete':
      return tell(id, { type: 'CompleteTransfer' })
    case 'fail':
      return tell(id, { type: 'FailTransfer' })
  }
}

const afterBooking = (next: Pending['next']): Pending['next'] => {
  switch (next) {
    case 'withdraw':
      return 'deposit'
    case 'deposit':
      return 'complete'
    case 'refund':
    case 'complete':
    case 'fail':
      return 'fail'
  }
}

const transferIn = ({ key, event }: BankEvent): string | null =>
  key === 'transfers' ? event.key : event.event.transferId

const without = (pending: TransferProcessState, id: string): TransferProcessState =>
  Object.fromEntries(Object.entries(pending).filter(([other]) => other !== id))

/** Takes the money out, puts it in, and gives it back when it cannot be put in. */
export const transferProcess: Process<BankEvent, BankCommand, TransferProcessState> = {
  initialState: {},
  evolve: (state, keyed) => {
    const id = transferIn(keyed)
    if (id === null) return state
    const known = Object.hasOwn(state, id) ? state[id] : undefined
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
        if (known === undefined) return state
        return { ...state, [id]: { ...known, next: known.next === 'deposit' ? 'refund' : 'fail' } }
      case 'TransferCompleted':
      case 'TransferFailed':
        return without(state, id)
    }
  },
  react: (state, event) => {
    const id = transferIn(event)
    const known = id !== null && Object.hasOwn(state, id) ? state[id] : undefined
    return id === null || known === undefined ? [] : [commandFor(id, known)]
  },
  resume: (state) => Object.entries(state).map(([id, pending]) => commandFor(id, pending)),
}
