import { isDeepStrictEqual } from 'node:util'
import { depositMoney, openAccount } from '../account/commands'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, answerText, money } from '../show'
import { value } from '../value'

export const sentTwice: Scene = async ({ backend, screen, accountOf }) => {
  const cleo = accountOf('cleo')
  const [first, second] = [openDesk(backend), openDesk(backend)]
  value(await first.handleCommand(cleo, openAccount('Cleo'))())
  const salary = depositMoney(amount(1500))
  const once = { commandId: 'salary-2026-11' }

  screen.title('A command sent twice with the same id, by two processes')
  const before = await first.handleCommand(cleo, salary, once)()
  const again = await second.handleCommand(cleo, salary, once)()
  screen.table(
    ['process', 'command id', 'answer', '>version'],
    [
      ['first', once.commandId, answerText(before), value(before).version],
      ['second', once.commandId, answerText(again), value(again).version],
    ],
  )
  screen.check('the second answer equals the first', isDeepStrictEqual(before, again))
  const { state, version } = value(await first.load(cleo)())
  screen.check(
    `it had its effect once: ${cleo} has ${money(state.balance)} at version ${version}`,
    state.balance === amount(1500) && version === 2,
  )
}
