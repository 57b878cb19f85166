import type { Scene } from '../bank'
import { amount, money } from '../show'
import { value } from '../value'

export const failedTransfers: Scene = async ({ backend, office, screen, accountOf }) => {
  const [emma, finn, missing] = [accountOf('emma'), accountOf('finn'), accountOf('missing')]

  screen.title('Transfers that fail: the money is returned')
  const manager = office.moveMoney()
  const rows = []
  let end = 0
  for (const [name, from, to, whole] of [
    ['castle', emma, finn, 500],
    ['ghost', missing, finn, 10],
    ['gift', emma, missing, 10],
  ] as const) {
    const id = accountOf(name)
    await office.transfer(id, { from, to, amount: amount(whole) })
    end = await office.ended(id)
    const status = await office.status(id, end)
    rows.push([id, from, to, money(amount(whole)), status?.status ?? '', status?.reason ?? ''])
  }
  await manager.stop()
  screen.table(['transfer', 'from', 'to', '>amount', 'status', 'reason'], rows)

  screen.check(
    'not enough money, no source, no destination: each has failed, and says why',
    rows.map(([, , , , status, reason]) => `${status} ${reason}`).join() ===
      'failed BalanceTooLow,failed AccountMissing,failed AccountMissing',
  )
  const { events } = value(await backend.store.read(`account-${emma}`, { after: 3, limit: 9 })())
  screen.check(
    `the gift was taken from ${emma}: ${events.map(({ type }) => type).join(', ')}`,
    events.map(({ type }) => type).join() === 'MoneyWithdrawn,MoneyDeposited',
  )
  const [left, got] = [await office.balance(emma, end), await office.balance(finn, end)]
  screen.check(
    `${emma} still has ${money(left ?? 0)}, ${finn} still has ${money(got ?? 0)}`,
    left === amount(70) && got === amount(30),
  )
}
