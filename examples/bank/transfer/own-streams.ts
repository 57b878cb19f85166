import type { Category } from 'reprise'
import { accounts } from '../account/category'
import type { AccountCommand } from '../account/commands'
import type { AccountRejection } from '../account/decider'
import type { AccountEvent } from '../account/events'
import type { AccountState } from '../account/state'
import { bookedCodec, bookingCodec } from './booking-codecs'
import { transfer } from './decider'
import { type Booked, type Booking, referenced } from './referenced'
import {
  type TransferCommand,
  transferCommands,
  type TransferEvent,
  transferEvents,
  type TransferRejection,
  type TransferState,
} from './messages'

const { tags: _tags, ...untagged } = accounts // its events have none

/**
 * The same streams and the same rules as `accounts`, for bookings on behalf of a transfer: their events name it.
 * A desk that knows nothing of transfers reads them as before.
 */
export const bookedAccounts: Category<
  Booking<AccountCommand>,
  AccountState,
  Booked<AccountEvent>,
  AccountRejection
> = {
  ...untagged,
  decider: referenced(accounts.decider),
  commands: bookingCodec(accounts.commands),
  events: bookedCodec(accounts.events),
}

/** All transfers: their streams are called `transfer-<id>`. */
export const transfers: Category<TransferCommand, TransferState, TransferEvent, TransferRejection> =
  {
    name: 'transfer',
    decider: transfer,
    commands: transferCommands,
    events: transferEvents,
  }
