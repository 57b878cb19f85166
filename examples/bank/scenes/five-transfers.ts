import type { Scene } from '../bank'
import { amount, money } from '../show'
import { openWith } from './open-with'

export const fiveTransfers: Scene = async ({ backend, office, screen, accountOf }) => {
  const [gwen, hugo] = [accountOf('gwen'), accountOf('hugo')]
  await openWith(backend, gwen, 100)
  await openWith(backend, hugo, 0)
  const ids = [1, 2, 3, 4, 5].map((number) => accountOf(`part${number}`))

  screen.title('Five transfers of 24.00 from 100.00 at the same time')
  const manager = office.moveMoney()
  await Promise.all(
    ids.map((id) => office.transfer(id, { from: gwen, to: hugo, amount: amount(24) })),
  )
  screen.say('All five are started. What this run does not finish, the next run does.')
  const end = Math.max(...(await Promise.all(ids.map(office.ended))))
  await manager.stop()

  const rows = []
  for (const id of ids) {
    const status = await office.status(id, end)
    rows.push([id, status?.status ?? '', status?.reason ?? ''])
  }
  screen.table(['transfer', 'status', 'reason'], rows)
  const completed = rows.filter(([, status]) => status === 'completed').length
  screen.check(
    'four are completed, one has failed',
    completed === 4 && rows.filter(([, status]) => status === 'failed').length === 1,
  )
  const left = (await office.balance(gwen, end)) ?? 0
  const got = (await office.balance(hugo, end)) ?? 0
  screen.check(
    `${gwen} has ${money(left)}, ${hugo} has ${money(got)}`,
    left === amount(4) && got === amount(96),
  )
  screen.check(`no money was made or lost: ${money(left + got)}`, left + got === amount(100))
}
