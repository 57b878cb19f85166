import { accept, type Decider, reject } from 'reprise'
import { LARGEST_BALANCE } from './cents'
import type { AccountCommand } from './commands'
import type { AccountEvent } from './events'
import { type AccountState, notYetOpen } from './state'

/** Why an account rejects a command. Amounts in cents. */
export type AccountRejection =
  | { readonly _tag: 'AlreadyOpen' }
  | { readonly _tag: 'AccountMissing' }
  | { readonly _tag: 'BalanceTooLow'; readonly balance: number; readonly needed: number }
  | { readonly _tag: 'BalanceTooHigh'; readonly balance: number; readonly most: number }

export const account: Decider<AccountCommand, AccountState, AccountEvent, AccountRejection> = {
  initialState: notYetOpen,

  decide: (command, { isOpen, balance }) => {
    switch (command.type) {
      case 'OpenAccount':
        if (isOpen) return reject({ _tag: 'AlreadyOpen' })
        return accept({ type: 'AccountOpened', owner: command.owner })
      case 'DepositMoney':
        if (!isOpen) return reject({ _tag: 'AccountMissing' })
        if (command.amount > LARGEST_BALANCE - balance) {
          return reject({ _tag: 'BalanceTooHigh', balance, most: LARGEST_BALANCE })
        }
        return accept({ type: 'MoneyDeposited', amount: command.amount })
      case 'WithdrawMoney':
        if (!isOpen) return reject({ _tag: 'AccountMissing' })
        if (command.amount > balance) {
          return reject({ _tag: 'BalanceTooLow', balance, needed: command.amount })
        }
        return accept({ type: 'MoneyWithdrawn', amount: command.amount })
    }
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'AccountOpened':
        return { ...state, isOpen: true, owner: event.owner }
      case 'MoneyDeposited':
        return { ...state, balance: state.balance + event.amount }
      case 'MoneyWithdrawn':
        return { ...state, balance: state.balance - event.amount }
    }
  },
}
