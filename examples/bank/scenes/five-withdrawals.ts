import { either as E } from 'fp-ts'
import { depositMoney, openAccount, withdrawMoney } from '../account/commands'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, answerText, isRejectedAs, money } from '../show'
import { value } from '../value'

export const fiveWithdrawals: Scene = async ({ backend, screen, accountOf }) => {
  const bob = accountOf('bob')
  const desk = openDesk(backend)
  value(await desk.handleCommand(bob, openAccount('Bob'))())
  value(await desk.handleCommand(bob, depositMoney(amount(100)))())
  let decidedAgain = 0
  const desks = [1, 2, 3, 4, 5].map(() =>
    openDesk(backend, ({ _tag }) => {
      if (_tag === 'DecidedAgain') decidedAgain += 1
    }),
  )

  screen.title('Five processes withdraw 24.00 from 100.00 at the same time')
  const answers = await Promise.all(
    desks.map(({ handleCommand }) => handleCommand(bob, withdrawMoney(amount(24)))()),
  )
  screen.table(
    ['process', 'answer', '>version'],
    answers.map((answer, index) => [
      index + 1,
      answerText(answer),
      E.isRight(answer) ? answer.right.version : '',
    ]),
  )
  screen.say(`Decisions made again after a conflict: ${decidedAgain}`)

  const accepted = answers.filter(E.isRight).length
  const rejected = answers.filter((answer) => isRejectedAs(answer, 'BalanceTooLow')).length
  screen.check('exactly four succeed, and the fifth is rejected', accepted === 4 && rejected === 1)
  const { state, version } = value(await desk.load(bob)())
  screen.check(
    `${bob} has ${money(state.balance)} at version ${version}`,
    state.balance === amount(4) && version === 6,
  )
}
