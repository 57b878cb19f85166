import * as t from 'io-ts'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise'
import { combineCommandCodecs, manyCommandCodec } from 'reprise/algebra'
import { type EventTypes } from 'reprise/adapter'
import { accountCommands } from '../account/commands'
import { bookingCodec } from './booking-codecs'
import * as words from './words'

export const transferCommands = commandCodec<words.TransferCommand>({
  StartTransfer: words.StartTransfer,
  RefuseBooking: words.RefuseBooking,
  CompleteTransfer: words.CompleteTransfer,
  FailTransfer: words.FailTransfer,
})

/** Checks the commands of the composed bank, and keeps those that a transfer has asked for. */
export const bankCommands = combineCommandCodecs({
  accounts: manyCommandCodec(bookingCodec(accountCommands)),
  transfers: manyCommandCodec(transferCommands),
})

export const transferEventTypes: EventTypes<words.TransferEvent> = {
  TransferStarted: eventType(words.TransferStarted),
  BookingRefused: eventType(words.BookingRefused),
  TransferCompleted: eventType(words.TransferCompleted),
  TransferFailed: eventType(words.TransferFailed),
}

export const transferEvents = eventCodec<words.TransferEvent>(transferEventTypes)

const TransferState: t.Type<words.TransferState, unknown> = t.keyof({
  new: null,
  running: null,
  completed: null,
  failed: null,
})

export const transferStates = stateCodec(1, TransferState)
