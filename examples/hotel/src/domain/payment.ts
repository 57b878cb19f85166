import { accept, type Category, type CommandOf, commands, type Decider } from 'reprise'
import { type EventOf, events, reject } from 'reprise'
import { WholeNumber } from 'reprise/codec'

const Amount = { amount: WholeNumber }

export const paymentCommands = commands({
  RequestPayment: Amount,
  CapturePayment: Amount,
  EndPayment: {},
})
export type PaymentCommand = CommandOf<typeof paymentCommands>

export const paymentEvents = events({
  PaymentRequested: Amount,
  PaymentCaptured: Amount,
  PaymentAbandoned: {},
  PaymentRefunded: Amount,
})
export type PaymentEvent = EventOf<typeof paymentEvents>

export type PaymentRejection =
  | { readonly _tag: 'PaymentMissing' }
  | { readonly _tag: 'AlreadyPaid' }
  | { readonly _tag: 'NothingIsDue' }
  | { readonly _tag: 'WrongAmount'; readonly due: number }

type PaymentStatus = 'none' | 'due' | 'paid' | 'ended'

export interface PaymentState {
  readonly status: PaymentStatus
  /** In cents. */
  readonly amount: number
}

export const payment: Decider<PaymentCommand, PaymentState, PaymentEvent, PaymentRejection> = {
  initialState: { status: 'none', amount: 0 },

  decide: (command, { status, amount }) => {
    switch (command.type) {
      case 'RequestPayment':
        return status === 'none' ? accept({ ...command, type: 'PaymentRequested' }) : accept()
      case 'CapturePayment':
        if (status === 'none') return reject({ _tag: 'PaymentMissing' })
        if (status === 'paid') return reject({ _tag: 'AlreadyPaid' })
        if (status === 'ended') return reject({ _tag: 'NothingIsDue' })
        if (command.amount !== amount) return reject({ _tag: 'WrongAmount', due: amount })
        return accept({ type: 'PaymentCaptured', amount })
      case 'EndPayment':
        // What was paid is given back; what was not is no longer due.
        if (status === 'paid') return accept({ type: 'PaymentRefunded', amount })
        return status === 'due' ? accept({ type: 'PaymentAbandoned' }) : accept()
    }
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'PaymentRequested':
        return { status: 'due', amount: event.amount }
      case 'PaymentCaptured':
        return { ...state, status: 'paid' }
      case 'PaymentAbandoned':
        return { status: 'ended', amount: 0 }
      case 'PaymentRefunded':
        return { status: 'ended', amount: 0 }
    }
  },
}

/** All payments, one for each booking, under its id: `payment-<id>`. */
export const payments: Category<PaymentCommand, PaymentState, PaymentEvent, PaymentRejection> = {
  name: 'payment',
  decider: payment,
  commands: paymentCommands,
  events: paymentEvents,
}
