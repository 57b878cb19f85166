import * as t from 'io-ts'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise'
import { combineCommandCodecs, manyCommandCodec } from 'reprise/algebra'
import { type EventTypes } from 'reprise/adapter'
import { accountCommands } from '../account/commands'
import { bookingCodec } from './booking-codecs'
import * as messages from './messages'

export const transferCommands = commandCodec<messages.TransferCommand>({
  StartTransfer: messages.StartTransfer,
  RefuseBooking: messages.RefuseBooking,
  CompleteTransfer: messages.CompleteTransfer,
  FailTransfer: messages.FailTransfer,
})

/** The commands of the composed bank; also how those that a transfer has issued are stored. */
export const bankCommands = combineCommandCodecs({
  accounts: manyCommandCodec(bookingCodec(accountCommands)),
  transfers: manyCommandCodec(transferCommands),
})

export const transferEventTypes: EventTypes<messages.TransferEvent> = {
  TransferStarted: eventType(messages.TransferStarted),
  BookingRefused: eventType(messages.BookingRefused),
  TransferCompleted: eventType(messages.TransferCompleted),
  TransferFailed: eventType(messages.TransferFailed),
}

export const transferEvents = eventCodec<messages.TransferEvent>(transferEventTypes)

const TransferState: t.Type<messages.TransferState, unknown> = t.keyof({
  new: null,
  running: null,
  completed: null,
  failed: null,
})

export const transferStates = stateCodec(1, TransferState)
