import { eventCodec, type ProcessManager, send, sendAfter, stateCodec } from 'reprise'
import { manyStateCodec } from 'reprise/algebra'
import { type AccountEvent, accountEventTypes } from '../account/events'
import { bookedCodec } from './booking-codecs'
import { bankCommands, transferEventTypes } from './codecs'
import { Pending } from './pending'
import { type BankCommand, type Received, movingMoney, type TransferProcessState } from './process'
import type { TransferEvent } from './words'

/** A rejection of an account says what it is; of anything else is nothing known. */
const reasonOf = (rejection: unknown): string =>
  typeof rejection === 'object' && rejection !== null && '_tag' in rejection
    ? String(rejection._tag)
    : 'Unknown'

const STREAM = 'transfer-'
const AN_HOUR = 3_600_000

/**
 * Moves the money of transfers, each of which has a process of its own: the one that the composed bank
 * is driven by. What it is still owed is asked for again every hour.
 */
export const transferManager: ProcessManager<
  Received,
  Received,
  BankCommand,
  TransferProcessState
> = {
  name: 'transfers',
  categories: ['account', 'transfer'],
  events: bookedCodec(
    eventCodec<AccountEvent | TransferEvent>({ ...accountEventTypes, ...transferEventTypes }),
  ),
  // An event of a transfer lies in that transfer's stream; one of an account says which transfer it is for.
  route: ({ streamId, event: { transferId, event } }) => {
    const id = streamId.startsWith(STREAM) ? streamId.slice(STREAM.length) : transferId
    return id === null ? undefined : { key: id, event: { transferId: id, event } }
  },
  process: {
    ...movingMoney,
    react: (state, event) => {
      const isRefused = event.event.type === 'BookingRefused'
      const now = movingMoney.react(state, event)
      return isRefused && now.length === 0
        ? movingMoney.resume(state).map((command) => sendAfter('owed', AN_HOUR, command))
        : now.map(send)
    },
  },
  state: manyStateCodec(stateCodec(1, Pending)),
  commands: bankCommands,
  // What an account refuses becomes an event of the transfer, and the process says what follows from it.
  onRejected: (_state, { key, command }, rejection) => {
    if (key !== 'accounts' || command.command.transferId === null) return []
    const refuse = { type: 'RefuseBooking', reason: reasonOf(rejection) } as const
    const { transferId } = command.command
    return [send({ key: 'transfers', command: { key: transferId, command: refuse } })]
  },
}
