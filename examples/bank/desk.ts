import { type Notice, openCategory } from 'reprise'
import { type EventStore } from 'reprise/adapter'
import { accounts } from './account/category'

/**
 * A desk of the bank stands for a process: it has its own memory of the accounts, and meets the other
 * desks only in the store.
 *
 * @param observe - is told what happens beside the answers.
 */
export const openDesk = (store: EventStore, observe: (notice: Notice) => void = () => undefined) =>
  openCategory(accounts, { store, observe })
