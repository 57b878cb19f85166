import * as t from 'io-ts'
import { stateCodec } from 'reprise/codec'

/** What the rules need to know of the past. */
export interface AccountState {
  readonly isOpen: boolean
  readonly owner: string
  /** In cents. 0 or more. */
  readonly balance: number
}

export const notYetOpen: AccountState = { isOpen: false, owner: '', balance: 0 }

/** How a state is stored in a snapshot. Raise the 1 whenever `AccountState` or `evolve` changes. */
export const accountStates = stateCodec(1, {
  isOpen: t.boolean,
  owner: t.string,
  balance: t.number,
})
