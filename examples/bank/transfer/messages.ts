import * as t from 'io-ts'
import { type CommandOf, commands, type EventOf, events } from 'reprise'
import type { RecordOf } from 'reprise/codec'
import { Cents } from '../account/cents'

const Details = { from: t.string, to: t.string, amount: Cents }
export type TransferDetails = RecordOf<typeof Details>

export const transferCommands = commands({
  StartTransfer: Details,
  RefuseBooking: { reason: t.string },
  CompleteTransfer: {},
  FailTransfer: {},
})
export type TransferCommand = CommandOf<typeof transferCommands>

// Stored shapes. Once released, add a new event instead of editing one of these.
export const transferEvents = events({
  TransferStarted: Details,
  BookingRefused: { reason: t.string },
  TransferCompleted: {},
  TransferFailed: {},
})
export type TransferEvent = EventOf<typeof transferEvents>

export type TransferRejection =
  { readonly _tag: 'AlreadyStarted' } | { readonly _tag: 'NotRunning' }
export type TransferState = 'new' | 'running' | 'completed' | 'failed'
