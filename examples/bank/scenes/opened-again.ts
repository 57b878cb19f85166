import { isDeepStrictEqual } from 'node:util'
import { depositMoney } from '../account/commands'
import type { Bank, Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, answerText, money } from '../show'
import { value } from '../value'

const OWNERS = ['ada', 'bob', 'cleo', 'dora']

/** What a fresh process sees of this run's accounts. */
export const balances = async ({ backend, accountOf }: Pick<Bank, 'backend' | 'accountOf'>) => {
  const desk = openDesk(backend)
  const rows = []
  for (const owner of OWNERS) {
    const { state, version } = value(await desk.load(accountOf(owner))())
    rows.push([accountOf(owner), money(state.balance), version])
  }
  return rows
}

/** @param before - the balances when the database was closed. */
export const openedAgain =
  (before: ReadonlyArray<ReadonlyArray<string | number>>): Scene =>
  async ({ backend, office, screen, accountOf }) => {
    screen.title('The database was closed, and is opened again')
    const after = await balances({ backend, accountOf })
    screen.table(['account', '>balance', '>version'], after)
    screen.check('every account is where it was', isDeepStrictEqual(after, before))

    const ada = accountOf('ada')
    const answer = await openDesk(backend).handleCommand(ada, depositMoney(amount(5)))()
    screen.check(
      `and continues: ${answerText(answer)} is version ${value(answer).version} of ${ada}`,
      value(answer).version === 8,
    )

    const listed = await office.balance(ada, value(answer).events[0]?.position ?? 0)
    screen.check(
      `the list of balances continues too: it shows ${money(listed ?? 0)}`,
      listed === value(answer).state.balance,
    )
  }
