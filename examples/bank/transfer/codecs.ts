import * as t from 'io-ts'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise'
import * as words from './words'

export const transferCommands = commandCodec<words.TransferCommand>({
  StartTransfer: words.StartTransfer,
  CompleteTransfer: words.CompleteTransfer,
  FailTransfer: words.FailTransfer,
})

export const transferEvents = eventCodec<words.TransferEvent>({
  TransferStarted: eventType(words.TransferStarted),
  BookingRefused: eventType(words.BookingRefused),
  TransferCompleted: eventType(words.TransferCompleted),
  TransferFailed: eventType(words.TransferFailed),
})

const TransferState: t.Type<words.TransferState, unknown> = t.keyof({
  new: null,
  running: null,
  completed: null,
  failed: null,
})

export const transferStates = stateCodec(1, TransferState)
