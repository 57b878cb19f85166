import * as E from 'fp-ts/Either'
import {
  type AccountCommand,
  depositMoney,
  openAccount,
} from '../../examples/bank/account/commands'
import type { BankState } from '../../examples/bank/transfer/bank'
import type { BankCommand } from '../../examples/bank/transfer/process'

// A bank with two accounts and one transfer, and callers who get past the compiler.

export const onAccount = (key: string, command: AccountCommand): BankCommand => ({
  key: 'accounts',
  command: { key, command: { transferId: null, command } },
})
export const transfer = (id: string, amount: number): BankCommand => ({
  key: 'transfers',
  command: {
    key: id,
    command: { type: 'StartTransfer', from: 'A', to: 'B', amount },
  },
})
export const story: ReadonlyArray<BankCommand> = [
  onAccount('A', openAccount('Ada')),
  onAccount('B', openAccount('Bob')),
  onAccount('A', depositMoney(100)),
  transfer('T1', 40),
]
export const settled: BankState = {
  process: {},
  decider: {
    accounts: {
      A: { isOpen: true, owner: 'Ada', balance: 60 },
      B: { isOpen: true, owner: 'Bob', balance: 40 },
    },
    transfers: { T1: 'completed' },
  },
}

/** As if a caller had no compiler. */
export const anything = (command: unknown): never => command as never
export const openDoor = {
  decode: (input: unknown) => E.right(anything(input)),
  encode: (command: unknown) => E.right(anything(command)),
}
