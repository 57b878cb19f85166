import * as t from 'io-ts'
import {
  eventCodec,
  manyStateCodec,
  type ProcessManager,
  send,
  sendAfter,
  stateCodec,
} from 'reprise'
import { AccountCommand } from '../account/commands'
import { type AccountEvent, accountEventTypes } from '../account/events'
import { bookedCodec } from './booking-codecs'
import { transferEventTypes } from './codecs'
import { Pending } from './pending'
import { type BankCommand, type Heard, movingMoney, type TransferProcessState } from './process'
import * as words from './words'

const TransferCommand = t.union([
  words.StartTransfer,
  words.RefuseBooking,
  words.CompleteTransfer,
  words.FailTransfer,
])
const Booking = t.strict({ transferId: t.union([t.string, t.null]), command: AccountCommand })

/** How a command is written until it is answered. */
const BankCommand: t.Type<BankCommand, unknown> = t.union([
  t.strict({ key: t.literal('accounts'), command: t.strict({ key: t.string, command: Booking }) }),
  t.strict({
    key: t.literal('transfers'),
    command: t.strict({ key: t.string, command: TransferCommand }),
  }),
])

/** A rejection of an account says what it is; of anything else is nothing known. */
const reasonOf = (rejection: unknown): string =>
  typeof rejection === 'object' && rejection !== null && '_tag' in rejection
    ? String(rejection._tag)
    : 'Unknown'

const AN_HOUR = 3_600_000

/**
 * Moves the money of transfers, each of which has a process of its own: the one that the composed bank
 * is driven by. What it is still owed is asked for again every hour.
 */
export const transferManager: ProcessManager<Heard, BankCommand, TransferProcessState> = {
  name: 'transfers',
  categories: ['account', 'transfer'],
  events: bookedCodec(
    eventCodec<AccountEvent | words.TransferEvent>({ ...accountEventTypes, ...transferEventTypes }),
  ),
  key: ({ event }) => event.transferId ?? undefined,
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
  commands: stateCodec(1, BankCommand),
  // What an account refuses becomes an event of the transfer, and the process says what follows from it.
  refused: (_state, { key, command }, rejection) => {
    if (key !== 'accounts' || command.command.transferId === null) return []
    const refuse = { type: 'RefuseBooking', reason: reasonOf(rejection) } as const
    const { transferId } = command.command
    return [send({ key: 'transfers', command: { key: transferId, command: refuse } })]
  },
}
