import type { Projection } from 'reprise'
import { account } from './decider'
import { type AccountEvent, accountEvents } from './events'
import { type AccountState, accountStates } from './state'

/** Every account with its owner and balance, under its id. The rules of the account are the view. */
export const accountBalances: Projection<AccountState, AccountEvent> = {
  name: 'account-balances',
  version: 1,
  categories: ['account'],
  events: accountEvents,
  key: ({ streamId }) => streamId.slice('account-'.length),
  view: account,
  state: accountStates,
}
