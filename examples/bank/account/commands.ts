import * as t from 'io-ts'
import { commandCodec } from 'reprise'
import { Cents } from './cents'

// Validated before anything is read: an amount of 0, -5, NaN, 1.5 or 'ten' never reaches the rules.
const Open = t.strict({ type: t.literal('OpenAccount'), owner: t.string })
export interface OpenAccount extends t.TypeOf<typeof Open> {}

const Deposit = t.strict({ type: t.literal('DepositMoney'), amount: Cents })
export interface DepositMoney extends t.TypeOf<typeof Deposit> {}

const Withdraw = t.strict({ type: t.literal('WithdrawMoney'), amount: Cents })
export interface WithdrawMoney extends t.TypeOf<typeof Withdraw> {}

export type AccountCommand = OpenAccount | DepositMoney | WithdrawMoney

export const accountCommands = commandCodec<AccountCommand>({
  OpenAccount: Open,
  DepositMoney: Deposit,
  WithdrawMoney: Withdraw,
})

export const openAccount = (owner: string): OpenAccount => ({ type: 'OpenAccount', owner })
export const depositMoney = (amount: Cents): DepositMoney => ({ type: 'DepositMoney', amount })
export const withdrawMoney = (amount: Cents): WithdrawMoney => ({ type: 'WithdrawMoney', amount })
