import * as t from 'io-ts'
import { type EventOf, events } from 'reprise'
import { Cents } from './cents'

// Stored shapes. Once released, they change by a new schema version with an upcaster, never in place.
export const accountEvents = events({
  AccountOpened: { owner: t.string },
  MoneyDeposited: { amount: Cents },
  MoneyWithdrawn: { amount: Cents },
})
export type AccountEvent = EventOf<typeof accountEvents>
