import * as t from 'io-ts'
import { eventCodec, eventType } from 'reprise'
import { type EventTypes } from 'reprise/adapter'
import { Cents } from './cents'

// Stored shapes. Once released, they change by a new schema version with an upcaster, never in place.
const Opened = t.strict({ type: t.literal('AccountOpened'), owner: t.string })
export interface AccountOpened extends t.TypeOf<typeof Opened> {}

const Deposited = t.strict({ type: t.literal('MoneyDeposited'), amount: Cents })
export interface MoneyDeposited extends t.TypeOf<typeof Deposited> {}

const Withdrawn = t.strict({ type: t.literal('MoneyWithdrawn'), amount: Cents })
export interface MoneyWithdrawn extends t.TypeOf<typeof Withdrawn> {}

export type AccountEvent = AccountOpened | MoneyDeposited | MoneyWithdrawn

export const accountEventTypes: EventTypes<AccountEvent> = {
  AccountOpened: eventType(Opened),
  MoneyDeposited: eventType(Deposited),
  MoneyWithdrawn: eventType(Withdrawn),
}
export const accountEvents = eventCodec<AccountEvent>(accountEventTypes)

export const accountOpened = (owner: string): AccountOpened => ({ type: 'AccountOpened', owner })
export const moneyDeposited = (amount: Cents): MoneyDeposited => ({
  type: 'MoneyDeposited',
  amount,
})
export const moneyWithdrawn = (amount: Cents): MoneyWithdrawn => ({
  type: 'MoneyWithdrawn',
  amount,
})
