import { type Category, everyNEvents } from 'reprise'
import { type AccountCommand, accountCommands } from './commands'
import { account, type AccountRejection } from './decider'
import { type AccountEvent, accountEvents } from './events'
import { type AccountState, accountStates } from './state'

/** All accounts: their streams are called `account-<id>`. */
export const accounts: Category<AccountCommand, AccountState, AccountEvent, AccountRejection> = {
  name: 'account',
  decider: account,
  commands: accountCommands,
  events: accountEvents,
  snapshots: { state: accountStates, policy: everyNEvents(10) },
}
