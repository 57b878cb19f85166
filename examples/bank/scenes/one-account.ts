import { openAccount, depositMoney, withdrawMoney } from '../account/commands'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, answerText, commandText, EVENT_HEADINGS, eventRow, money } from '../show'
import { value } from '../value'

export const oneAccount: Scene = async ({ backend, screen, accountOf }) => {
  const desk = openDesk(backend)
  const ada = accountOf('ada')
  const commands = [openAccount('Ada'), depositMoney(amount(100)), withdrawMoney(amount(30))]

  screen.title('An account: commands become events')
  const rows = []
  for (const command of commands) {
    const answer = await desk.handleCommand(ada, command)()
    rows.push([commandText(command), answerText(answer), value(answer).version])
  }
  screen.table(['command', 'what was recorded', '>version'], rows)
  screen.say('')

  const { events } = value(await backend.store.read(`account-${ada}`, { after: 0, limit: 10 })())
  screen.table(EVENT_HEADINGS, events.map(eventRow))
  const { state, version } = value(await desk.load(ada)())
  screen.check(
    `${ada} has ${money(state.balance)} at version ${version}`,
    state.balance === amount(70) && version === 3 && events.length === 3,
  )
}
