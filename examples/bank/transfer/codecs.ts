import * as t from 'io-ts'
import { combineCommandCodecs, manyCommandCodec } from 'reprise/algebra'
import { stateCodec } from 'reprise/codec'
import { accountCommands } from '../account/commands'
import { bookingCodec } from './booking-codecs'
import { transferCommands } from './messages'

/** The commands of the composed bank; also how those that a transfer has issued are stored. */
export const bankCommands = combineCommandCodecs({
  accounts: manyCommandCodec(bookingCodec(accountCommands)),
  transfers: manyCommandCodec(transferCommands),
})

export const transferStates = stateCodec(
  1,
  t.keyof({ new: null, running: null, completed: null, failed: null }),
)
