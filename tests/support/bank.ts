import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Category, everyNEvents } from 'reprise'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise/codec'

// Two categories for rules that span streams: accounts, and cards with a limit of their own.

const Deposit = t.strict({ type: t.literal('Deposit'), amount: t.number })
const Withdraw = t.strict({ type: t.literal('Withdraw'), amount: t.number })
const Deposited = t.strict({ type: t.literal('Deposited'), amount: t.number })
const Withdrawn = t.strict({ type: t.literal('Withdrawn'), amount: t.number })

export type AccountCommand = t.TypeOf<typeof Deposit> | t.TypeOf<typeof Withdraw>
type AccountEvent = t.TypeOf<typeof Deposited> | t.TypeOf<typeof Withdrawn>

export interface BalanceTooLow {
  readonly _tag: 'BalanceTooLow'
  readonly balance: number
}

interface AccountState {
  readonly balance: number
}

export const account: Category<AccountCommand, AccountState, AccountEvent, BalanceTooLow> = {
  name: 'account',
  decider: {
    initialState: { balance: 0 },
    decide: ({ type, amount }, { balance }) => {
      if (amount === 0) return E.right([])
      if (type === 'Deposit') return E.right([{ type: 'Deposited', amount }])
      return amount > balance
        ? E.left({ _tag: 'BalanceTooLow', balance })
        : E.right([{ type: 'Withdrawn', amount }])
    },
    evolve: ({ balance }, { type, amount }) => ({
      balance: type === 'Deposited' ? balance + amount : balance - amount,
    }),
  },
  commands: commandCodec<AccountCommand>({ Deposit, Withdraw }),
  events: eventCodec<AccountEvent>({
    Deposited: eventType(Deposited),
    Withdrawn: eventType(Withdrawn),
  }),
  snapshots: {
    state: stateCodec(1, t.strict({ balance: t.number })),
    policy: everyNEvents(5),
  },
}

const Use = t.strict({ type: t.literal('Use') })
const Block = t.strict({ type: t.literal('Block') })
const Blocked = t.strict({ type: t.literal('Blocked') })

export type CardCommand = t.TypeOf<typeof Use> | t.TypeOf<typeof Block>

export interface CardBlocked {
  readonly _tag: 'CardBlocked'
}

/** A card that is only looked at when it is used. */
export const card: Category<
  CardCommand,
  { readonly blocked: boolean },
  t.TypeOf<typeof Blocked>,
  CardBlocked
> = {
  name: 'card',
  decider: {
    initialState: { blocked: false },
    decide: ({ type }, { blocked }) => {
      if (type === 'Block') return E.right([{ type: 'Blocked' }])
      return blocked ? E.left({ _tag: 'CardBlocked' }) : E.right([])
    },
    evolve: () => ({ blocked: true }),
  },
  commands: commandCodec<CardCommand>({ Use, Block }),
  events: eventCodec<t.TypeOf<typeof Blocked>>({ Blocked: eventType(Blocked) }),
}

export const deposit = (amount: number): AccountCommand => ({ type: 'Deposit', amount })
export const withdraw = (amount: number): AccountCommand => ({ type: 'Withdraw', amount })
export const useCard: CardCommand = { type: 'Use' }
export const blockCard: CardCommand = { type: 'Block' }
