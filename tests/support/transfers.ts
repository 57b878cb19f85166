import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type ProcessAction, send, sendAfter } from '../../src/core/process-action'
import type { Category } from '../../src/core/category'
import { commandCodec } from '../../src/core/codec/command-codec'
import { eventCodec, eventType } from '../../src/core/codec/event-codec'
import { stateCodec } from '../../src/core/codec/state-codec'
import type { EventStore } from '../../src/core/ports/event-store'
import type { ProcessManager } from '../../src/core/process-manager'
import { idSource } from '../../src/shell/category/ids'
import { openCategory } from '../../src/shell/category/open-category'
import type { Dispatch } from '../../src/shell/outbox/dispatch-step'

// A small bank: money goes out of one account, into another, or back.
const part = { transfer: t.string, amount: t.number }
const Opened = t.strict({ type: t.literal('Opened'), amount: t.number })
const Debited = t.strict({ type: t.literal('Debited'), ...part })
const Credited = t.strict({ type: t.literal('Credited'), ...part })
const Refunded = t.strict({ type: t.literal('Refunded'), ...part })
const Requested = t.strict({
  type: t.literal('Requested'),
  transfer: t.string,
  from: t.string,
  to: t.string,
  amount: t.number,
})
const Ended = t.strict({ type: t.literal('Ended'), transfer: t.string, outcome: t.string })

type AccountEvent = t.TypeOf<typeof Opened | typeof Debited | typeof Credited | typeof Refunded>
type TransferEvent = t.TypeOf<typeof Requested | typeof Ended>

const Open = t.strict({ type: t.literal('Open'), amount: t.number })
const Debit = t.strict({ type: t.literal('Debit'), account: t.string, ...part })
const Credit = t.strict({ type: t.literal('Credit'), account: t.string, ...part })
const Refund = t.strict({ type: t.literal('Refund'), account: t.string, ...part })
const Request = t.strict({
  type: t.literal('Request'),
  transfer: t.string,
  from: t.string,
  to: t.string,
  amount: t.number,
})
const End = t.strict({ type: t.literal('End'), transfer: t.string, outcome: t.string })
type AccountCommand = t.TypeOf<typeof Open | typeof Debit | typeof Credit | typeof Refund>
type TransferCommand = t.TypeOf<typeof Request | typeof End>
type Command = AccountCommand | TransferCommand

export const accounts: Category<AccountCommand, number | undefined, AccountEvent, string> = {
  name: 'account',
  commands: commandCodec<AccountCommand>({ Open, Debit, Credit, Refund }),
  events: eventCodec<AccountEvent>({
    Opened: eventType(Opened),
    Debited: eventType(Debited),
    Credited: eventType(Credited),
    Refunded: eventType(Refunded),
  }),
  decider: {
    initialState: undefined,
    decide: (command, balance) => {
      if (command.type === 'Open') return E.right([{ type: 'Opened', amount: command.amount }])
      if (balance === undefined) return E.left('NoSuchAccount')
      const { transfer, amount } = command
      switch (command.type) {
        case 'Debit':
          if (amount > balance) return E.left('NotEnoughMoney')
          return E.right([{ type: 'Debited', transfer, amount }])
        case 'Credit':
          return E.right([{ type: 'Credited', transfer, amount }])
        case 'Refund':
          return E.right([{ type: 'Refunded', transfer, amount }])
      }
    },
    evolve: (balance = 0, event) =>
      event.type === 'Debited' ? balance - event.amount : balance + event.amount,
  },
}

interface TransferState {
  readonly requested: boolean
  readonly outcome?: string
}

export const transfers: Category<TransferCommand, TransferState, TransferEvent, string> = {
  name: 'transfer',
  commands: commandCodec<TransferCommand>({ Request, End }),
  events: eventCodec<TransferEvent>({ Requested: eventType(Requested), Ended: eventType(Ended) }),
  decider: {
    initialState: { requested: false },
    decide: (command, state) => {
      if (command.type === 'Request') {
        return E.right(state.requested ? [] : [{ ...command, type: 'Requested' }])
      }
      if (state.outcome !== undefined) return E.left(`AlreadyEnded: ${state.outcome}`)
      return E.right([{ ...command, type: 'Ended' }])
    },
    evolve: (state, event) =>
      event.type === 'Requested' ? { requested: true } : { ...state, outcome: event.outcome },
  },
}

type Received = AccountEvent | TransferEvent
const State = t.partial({
  from: t.string,
  to: t.string,
  amount: t.number,
  ended: t.boolean,
})
type State = t.TypeOf<typeof State>

const reactTo = (state: State, event: Received): ReadonlyArray<ProcessAction<Command>> => {
  const { from = '', to = '' } = state
  switch (event.type) {
    case 'Opened':
      return []
    case 'Requested': {
      const { transfer, amount } = event
      return [
        send({ type: 'Debit', account: from, transfer, amount }),
        sendAfter('overdue', 3_600_000, { type: 'End', transfer, outcome: 'overdue' }),
      ]
    }
    case 'Debited':
      return [send({ ...event, type: 'Credit', account: to })]
    case 'Credited':
      return [send({ type: 'End', transfer: event.transfer, outcome: 'done' })]
    case 'Refunded':
      return [send({ type: 'End', transfer: event.transfer, outcome: 'refunded' })]
    case 'Ended':
      return [] // never asked: it is over
  }
}

export const transferring: ProcessManager<Received, Received, Command, State> = {
  name: 'transferring',
  events: eventCodec<Received>({
    Opened: eventType(Opened),
    Debited: eventType(Debited),
    Credited: eventType(Credited),
    Refunded: eventType(Refunded),
    Requested: eventType(Requested),
    Ended: eventType(Ended),
  }),
  route: ({ event }) => (event.type === 'Opened' ? undefined : { key: event.transfer, event }),
  process: {
    initialState: {},
    evolve: (state, event) => {
      if (event.type === 'Ended') return { ...state, ended: true }
      return event.type === 'Requested'
        ? { from: event.from, to: event.to, amount: event.amount }
        : state
    },
    react: reactTo,
    isTerminal: ({ ended }) => ended === true,
  },
  state: stateCodec(1, State),
  commands: commandCodec<Command>({ Debit, Credit, Refund, End, Request, Open }),
  onRejected: (state, command) => {
    switch (command.type) {
      case 'Debit':
        return [send({ type: 'End', transfer: command.transfer, outcome: 'refused' })]
      case 'Credit':
        return [send({ ...command, type: 'Refund', account: state.from ?? '' })]
      case 'Open':
      case 'Refund':
      case 'Request':
      case 'End':
        return []
    }
  },
}

/** The bank on a store. */
export const bankOn = (store: EventStore) => {
  const shared = { ids: idSource() }
  const account = openCategory(accounts, { store }, shared)
  const transfer = openCategory(transfers, { store }, shared)
  const dispatch: Dispatch<Command> = (command, options) => {
    switch (command.type) {
      case 'Open':
        return account.handleCommand('', command, options)
      case 'Debit':
      case 'Credit':
      case 'Refund':
        return account.handleCommand(command.account, command, options)
      case 'Request':
      case 'End':
        return transfer.handleCommand(command.transfer, command, options)
    }
  }
  return { account, transfer, dispatch }
}
