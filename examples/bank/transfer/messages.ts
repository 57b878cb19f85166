import * as t from 'io-ts'
import { Cents } from '../account/cents'

const Details = { from: t.string, to: t.string, amount: Cents }

export const StartTransfer = t.strict({ type: t.literal('StartTransfer'), ...Details })
export interface StartTransfer extends t.TypeOf<typeof StartTransfer> {}
export const CompleteTransfer = t.strict({ type: t.literal('CompleteTransfer') })
export interface CompleteTransfer extends t.TypeOf<typeof CompleteTransfer> {}
export const FailTransfer = t.strict({ type: t.literal('FailTransfer') })
export interface FailTransfer extends t.TypeOf<typeof FailTransfer> {}
export const RefuseBooking = t.strict({ type: t.literal('RefuseBooking'), reason: t.string })
export interface RefuseBooking extends t.TypeOf<typeof RefuseBooking> {}
export type TransferCommand = StartTransfer | RefuseBooking | CompleteTransfer | FailTransfer

// Stored shapes. Once released, add a new event instead of editing one of these.
export const TransferStarted = t.strict({ type: t.literal('TransferStarted'), ...Details })
export interface TransferStarted extends t.TypeOf<typeof TransferStarted> {}
export const BookingRefused = t.strict({ type: t.literal('BookingRefused'), reason: t.string })
export interface BookingRefused extends t.TypeOf<typeof BookingRefused> {}
export const TransferCompleted = t.strict({ type: t.literal('TransferCompleted') })
export interface TransferCompleted extends t.TypeOf<typeof TransferCompleted> {}
export const TransferFailed = t.strict({ type: t.literal('TransferFailed') })
export interface TransferFailed extends t.TypeOf<typeof TransferFailed> {}
export type TransferEvent = TransferStarted | BookingRefused | TransferCompleted | TransferFailed

export type TransferRejection =
  { readonly _tag: 'AlreadyStarted' } | { readonly _tag: 'NotRunning' }
export type TransferState = 'new' | 'running' | 'completed' | 'failed'
