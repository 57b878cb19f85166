import type { Scene } from '../bank'
import { amount, money } from '../show'
import { openWith } from './open-with'

export const aTransfer: Scene = async ({ backend, office, screen, accountOf }) => {
  const [emma, finn, rent] = [accountOf('emma'), accountOf('finn'), accountOf('rent')]
  await openWith(backend, emma, 100)
  await openWith(backend, finn, 0)

  screen.title('A transfer: a process manager receives events, and issues commands')
  const begin = await office.transfer(rent, { from: emma, to: finn, amount: amount(30) })
  await office.status(rent, begin) // the list knows of this one, so it knows of all before it
  const left = (await office.unfinished()).filter((id) => id !== rent)
  if (left.length > 0) screen.say(`Earlier runs have left half-done: ${left.length}`)
  const manager = office.moveMoney()
  const end = await office.ended(rent)
  await manager.stop()

  const found = await office.eventsAfter(rent, begin - 1)
  const streams = [`transfer-${rent}`, `account-${emma}`, `account-${finn}`]
  const events = found.filter(({ streamId }) => streams.includes(streamId))
  screen.table(
    ['>position', 'stream', 'event'],
    events.map(({ position, streamId, type }) => [position, streamId, type]),
  )
  screen.check(
    'out of one account, into the other, completed',
    events.map(({ type }) => type).join() ===
      'TransferStarted,MoneyWithdrawn,MoneyDeposited,TransferCompleted',
  )
  const [rest, got] = [await office.balance(emma, end), await office.balance(finn, end)]
  screen.say(`The list of balances, waited for up to position ${end}:`)
  screen.check(
    `${emma} has ${money(rest ?? 0)}, ${finn} has ${money(got ?? 0)}`,
    rest === amount(70) && got === amount(30),
  )
}
