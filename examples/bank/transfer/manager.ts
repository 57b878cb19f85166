import { type ProcessManager, send, sendAfter } from 'reprise'
import { manyStateCodec } from 'reprise/algebra'
import { mergeEventCodecs, stateCodec } from 'reprise/codec'
import { accountEvents } from '../account/events'
import { bookedCodec } from './booking-codecs'
import { bankCommands } from './codecs'
import { transferEvents } from './messages'
import { Pending } from './pending'
import { type BankCommand, type Received, movingMoney, type TransferProcessState } from './process'

/** The tag of an account's rejection; other rejections are unknown. */
const reasonOf = (rejection: unknown): string =>
  typeof rejection === 'object' && rejection !== null && '_tag' in rejection
    ? String(rejection._tag)
    : 'Unknown'

const STREAM = 'transfer-'
const AN_HOUR = 3_600_000

/**
 * Moves the money of transfers. Each transfer has its own process, the one that also drives the composed bank.
 * A refund that is still owed is retried every hour.
 */
export const transferManager: ProcessManager<
  Received,
  Received,
  BankCommand,
  TransferProcessState
> = {
  name: 'transfers',
  categories: ['account', 'transfer'],
  events: bookedCodec(mergeEventCodecs(accountEvents, transferEvents)),
  // An event of a transfer is in that transfer's stream; one of an account names the transfer it belongs to.
  route: ({ streamId, event: { transferId, event } }) => {
    const id = streamId.startsWith(STREAM) ? streamId.slice(STREAM.length) : transferId
    return id === null ? undefined : { key: id, event: { transferId: id, event } }
  },
  process: {
    ...movingMoney,
    react: (state, event) => {
      const isRejected = event.event.type === 'BookingRefused'
      const now = movingMoney.react(state, event)
      return isRejected && now.length === 0
        ? movingMoney.resume(state).map((command) => sendAfter('owed', AN_HOUR, command))
        : now.map(send)
    },
  },
  state: manyStateCodec(stateCodec(1, Pending)),
  commands: bankCommands,
  // A rejection by an account becomes an event of the transfer, and the process decides what follows from it.
  onRejected: (_state, { key, command }, rejection) => {
    if (key !== 'accounts' || command.command.transferId === null) return []
    const recordRejection = { type: 'RefuseBooking', reason: reasonOf(rejection) } as const
    const { transferId } = command.command
    return [send({ key: 'transfers', command: { key: transferId, command: recordRejection } })]
  },
}
