import { either as E } from 'fp-ts'
import { depositMoney, openAccount } from '../account/commands'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, answerText, isRejectedAs, money } from '../show'
import { value } from '../value'

/** The one account that all runs share. */
const PIGGY_BANK = 'piggy'

export const piggyBank: Scene = async ({ backend, screen }) => {
  const desk = openDesk(backend)
  const before = value(await desk.load(PIGGY_BANK)())

  screen.title('The piggy bank, which gets 1.00 in every run')
  const opened = await desk.handleCommand(PIGGY_BANK, openAccount('All of us'))()
  const deposited = await desk.handleCommand(PIGGY_BANK, depositMoney(amount(1)))()
  screen.table(
    ['command', 'answer'],
    [
      ['OpenAccount All of us', answerText(opened)],
      ['DepositMoney 1.00', answerText(deposited)],
    ],
  )
  const { state } = value(deposited)
  screen.check(
    before.version === 0
      ? 'it is new, and will be there in the next run'
      : `earlier runs have left ${money(before.state.balance)} in it`,
    before.version === 0 ? E.isRight(opened) : isRejectedAs(opened, 'AlreadyOpen'),
  )
  screen.check(
    `now there is ${money(state.balance)}`,
    state.balance === before.state.balance + amount(1),
  )
}
