import { openCategory } from 'reprise'
import type { StreamStore } from 'reprise/adapter'
import { accounts } from '../account/category'
import { depositMoney, openAccount } from '../account/commands'
import { amount } from '../show'
import { value } from '../value'

/** Opens an account with a whole amount in it. */
export const openWith = async (
  backend: { readonly store: StreamStore },
  id: string,
  whole: number,
): Promise<void> => {
  const desk = openCategory(accounts, backend)
  value(await desk.handleCommand(id, openAccount(id))())
  if (whole > 0) value(await desk.handleCommand(id, depositMoney(amount(whole)))())
}
