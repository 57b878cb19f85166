import * as E from 'fp-ts/Either'
import type { AccountCommand, AccountEvent } from '../../../examples/bank/transfer/account-words'
import type { Decider } from '../../../src/index'

export interface Account {
  readonly isOpen: boolean
  readonly balance: number
}
type Rejection =
  | { readonly _tag: 'AlreadyOpen' }
  | { readonly _tag: 'AccountMissing' }
  | { readonly _tag: 'BalanceTooLow'; readonly balance: number; readonly needed: number }

/** The account of the bank, as far as transfers need it. */
export const account: Decider<AccountCommand, Account, AccountEvent, Rejection> = {
  initialState: { isOpen: false, balance: 0 },
  decide: (command, { isOpen, balance }) => {
    if (command.type === 'OpenAccount') {
      return isOpen
        ? E.left({ _tag: 'AlreadyOpen' })
        : E.right([{ type: 'AccountOpened', owner: command.owner }])
    }
    if (!isOpen) return E.left({ _tag: 'AccountMissing' })
    const { type, amount } = command
    if (type === 'DepositMoney') return E.right([{ type: 'MoneyDeposited', amount }])
    return amount > balance
      ? E.left({ _tag: 'BalanceTooLow', balance, needed: amount })
      : E.right([{ type: 'MoneyWithdrawn', amount }])
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'AccountOpened':
        return { ...state, isOpen: true }
      case 'MoneyDeposited':
        return { ...state, balance: state.balance + event.amount }
      case 'MoneyWithdrawn':
        return { ...state, balance: state.balance - event.amount }
    }
  },
}
