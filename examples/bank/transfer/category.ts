import { type Category, everyNEvents } from 'reprise'
import { stateCodec } from 'reprise/codec'
import {
  combineEventCodecs,
  combineStateCodecs,
  type KeyedRejection,
  manyEventCodec,
  manyStateCodec,
  type ManyRejection,
  type StepLimitReached,
} from 'reprise/algebra'
import type { AccountRejection } from '../account/decider'
import { accountEvents } from '../account/events'
import { accountStates } from '../account/state'
import { bank, type BankState } from './bank'
import { bookedCodec } from './booking-codecs'
import { bankCommands, transferStates } from './codecs'
import { Pending } from './pending'
import type { BankCommand, BankEvent } from './process'
import { transferEvents, type TransferRejection } from './messages'

/** Stored as `accounts/MoneyDeposited`, `transfers/TransferStarted` and so on. */
export const bankEvents = combineEventCodecs({
  accounts: manyEventCodec(bookedCodec(accountEvents)),
  transfers: manyEventCodec(transferEvents),
})

export const bankStates = combineStateCodecs({
  process: manyStateCodec(stateCodec(1, Pending)),
  decider: combineStateCodecs({
    accounts: manyStateCodec(accountStates),
    transfers: manyStateCodec(transferStates),
  }),
})

/** Why the bank rejects a command. */
export type BankRejection =
  | KeyedRejection<{
      readonly accounts: ManyRejection<AccountRejection>
      readonly transfers: ManyRejection<TransferRejection>
    }>
  | StepLimitReached

/** Whole banks, each in one stream: everything that happens in it is recorded at once, or not at all. */
export const banks: Category<BankCommand, BankState, BankEvent, BankRejection> = {
  name: 'bank',
  decider: bank,
  commands: bankCommands,
  events: bankEvents,
  snapshots: { state: bankStates, policy: everyNEvents(100) },
}
