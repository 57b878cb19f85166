import { either as E } from 'fp-ts'
import { type AccountCommand, openAccount, withdrawMoney } from '../account/commands'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, amountText, type Answer, answerText, commandText, isRejectedAs } from '../show'
import { value } from '../value'

const isInvalid = (answer: Answer): boolean =>
  E.isLeft(answer) && answer.left._tag === 'InvalidCommand'

export const rejections: Scene = async ({ backend, screen, accountOf }) => {
  const desk = openDesk(backend)
  const ada = accountOf('ada')
  const before = value(await desk.load(ada)())
  const rows: string[][] = []
  const send = async (id: string, command: AccountCommand): Promise<Answer> => {
    const answer = await desk.handleCommand(id, command)()
    rows.push([commandText(command), answerText(answer)])
    return answer
  }

  screen.title('What is rejected: by the rules, or by the command codec')
  const twice = await send(ada, openAccount('Ada'))
  const missing = await send(accountOf('missing'), withdrawMoney(amount(10)))
  const tooMuch = await send(ada, withdrawMoney(amount(500)))
  const invalid = []
  for (const wrong of [0, -500, 1.5, NaN, 'ten']) {
    const answer = await desk.handle(ada, { type: 'DepositMoney', amount: wrong })() // from outside
    rows.push([`DepositMoney ${amountText(wrong)}`, answerText(answer)])
    invalid.push(answer)
  }
  screen.table(['command', 'rejected'], rows)

  screen.check(
    'each rejection is a value with a type of its own',
    isRejectedAs(twice, 'AlreadyOpen') &&
      isRejectedAs(missing, 'AccountMissing') &&
      isRejectedAs(tooMuch, 'BalanceTooLow') &&
      invalid.every(isInvalid),
  )
  const after = value(await desk.load(ada)())
  screen.check(
    `nothing was written: ${ada} is still at version 3`,
    after.version === before.version,
  )
}
