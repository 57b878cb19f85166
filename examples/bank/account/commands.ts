import { type CommandOf, commands } from 'reprise'
import { NonEmptyText } from 'reprise/codec'
import { Cents } from './cents'

// Validated before anything is read: an amount of 0, -5, NaN, 1.5 or 'ten' never reaches the rules.
export const accountCommands = commands({
  OpenAccount: { owner: NonEmptyText },
  DepositMoney: { amount: Cents },
  WithdrawMoney: { amount: Cents },
})
export type AccountCommand = CommandOf<typeof accountCommands>

export const openAccount = (owner: string): AccountCommand => ({ type: 'OpenAccount', owner })
export const depositMoney = (amount: number): AccountCommand => ({ type: 'DepositMoney', amount })
export const withdrawMoney = (amount: number): AccountCommand => ({ type: 'WithdrawMoney', amount })
