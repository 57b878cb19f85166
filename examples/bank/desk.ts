import { type CategoryOptions, openCategory } from 'reprise'
import type { StreamStore } from 'reprise/adapter'
import { accounts } from './account/category'

/**
 * A desk of the bank stands for a process: it has its own cache of the accounts, and shares only the store with
 * the other desks.
 *
 * @param onNotice - is called with every notice.
 */
export const openDesk = (
  backend: { readonly store: StreamStore },
  onNotice: CategoryOptions['onNotice'] = () => undefined,
) => openCategory(accounts, backend, { onNotice })
