import type { Cents } from './cents'

/** What a transfer says to accounts, and hears from them. */
export type AccountCommand =
  | { readonly type: 'OpenAccount'; readonly owner: string }
  | { readonly type: 'DepositMoney'; readonly amount: Cents }
  | { readonly type: 'WithdrawMoney'; readonly amount: Cents }

export type AccountEvent =
  | { readonly type: 'AccountOpened'; readonly owner: string }
  | { readonly type: 'MoneyDeposited'; readonly amount: Cents }
  | { readonly type: 'MoneyWithdrawn'; readonly amount: Cents }
