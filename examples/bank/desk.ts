import { type Backend, type CategoryOptions, openCategory } from 'reprise'
import { accounts } from './account/category'

/**
 * A desk of the bank stands for a process: it has its own memory of the accounts, and meets the other
 * desks only in the store.
 *
 * @param onNotice - is told what happens beside the answers.
 */
export const openDesk = (
  backend: Pick<Backend<unknown>, 'store'>,
  onNotice: CategoryOptions['onNotice'] = () => undefined,
) => openCategory(accounts, backend, { onNotice })
