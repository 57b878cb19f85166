import { pipe } from 'fp-ts/lib/function.js'
import { combine, drive, many, recordRejection } from 'reprise/algebra'
import { account } from '../account/decider'
import { transfer } from './decider'
import { type BankCommand, type BankEvent, transferProcess } from './process'
import { referenced } from './referenced'

/** Accounts and transfers side by side. A rejected booking of a transfer is recorded in the transfer. */
export const accountsAndTransfers = pipe(
  combine({ accounts: many(referenced(account)), transfers: many(transfer) }),
  recordRejection((rejection, command: BankCommand): BankEvent | undefined => {
    if (rejection.key !== 'accounts' || command.key !== 'accounts') return undefined
    const { transferId } = command.command.command
    const reason = rejection.rejection.rejection._tag
    return transferId === null
      ? undefined
      : {
          key: 'transfers',
          event: { key: transferId, event: { type: 'BookingRefused', reason } },
        }
  }),
)

/** The whole bank as one decider: accounts, transfers, and the process that moves the money. */
export const bank = pipe(accountsAndTransfers, drive(transferProcess))

export type BankState = typeof bank.initialState
