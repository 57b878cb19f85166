import { isDeepStrictEqual } from 'node:util'
import type { Notice } from 'reprise'
import { depositMoney, withdrawMoney } from '../account/commands'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, answerText, money } from '../show'
import { value } from '../value'

export const twoDesks: Scene = async ({ backend, screen, accountOf }) => {
  const ada = accountOf('ada')
  const notices: Notice[] = []
  const first = openDesk(backend)
  const second = openDesk(backend, (notice) => notices.push(notice))

  screen.title('Two processes, one account: a conflict, decided again')
  await second.load(ada)()
  const rows = []
  for (const [desk, knows, command] of [
    [first, '70.00', depositMoney(amount(20))],
    [second, '70.00', withdrawMoney(amount(50))],
    [second, '40.00', depositMoney(amount(60))],
    [first, '90.00', withdrawMoney(amount(95))],
  ] as const) {
    const answer = await desk.handleCommand(ada, command)()
    const name = desk === first ? 'first' : 'second'
    rows.push([name, knows, answerText(answer), value(answer).version])
  }
  screen.table(['process', '>knows', 'what was recorded', '>version'], rows)
  for (const notice of notices) {
    if (notice._tag !== 'DecidedAgain') continue
    const { decidedOn, actual } = notice
    screen.say(`${notice._tag}: the second decided on version ${decidedOn}, found ${actual}`)
  }
  screen.check(
    'the second met a conflict at version 4, and decided again on what was new',
    isDeepStrictEqual(notices, [
      { _tag: 'DecidedAgain', streamId: `account-${ada}`, commands: 1, decidedOn: 3, actual: 4 },
    ]),
  )
  screen.check(
    'the first had 90.00 cached, and read the stream before rejecting 95.00',
    rows.at(-1)?.at(-1) === 7,
  )
  const { state } = value(await first.load(ada)())
  screen.check(`nothing was lost: ${ada} has ${money(state.balance)}`, state.balance === amount(5))
}
