import { taskEither as TE } from 'fp-ts'
import type { Scene } from '../bank'
import type { Carrier } from '../office'
import { amount, money } from '../show'
import { until } from '../until'
import { openWith } from './open-with'

export const restarted: Scene = async ({ backend, office, screen, accountOf }) => {
  const [ivan, jane, loan] = [accountOf('ivan'), accountOf('jane'), accountOf('loan')]
  await openWith(backend, ivan, 100)
  await openWith(backend, jane, 0)

  screen.title('The process manager is stopped in the middle, and started again')
  let isLost = false
  const losingDeposits: Carrier = (dispatch) => (sent, options) => {
    if (sent.key !== 'accounts' || sent.command.command.command.type !== 'DepositMoney') {
      return dispatch(sent, options)
    }
    isLost = true
    return TE.left('the connection is gone')
  }
  const first = office.moveMoney(losingDeposits)
  const begin = await office.transfer(loan, { from: ivan, to: jane, amount: amount(40) })
  await until(() => Promise.resolve(isLost || undefined))
  await first.stop()

  const rows: Array<ReadonlyArray<string>> = []
  const look = async (when: string, position: number) => {
    const left = (await office.balance(ivan, position)) ?? 0
    const got = (await office.balance(jane, position)) ?? 0
    const status = (await office.status(loan, position))?.status ?? ''
    rows.push([when, money(left), money(got), status])
    return { left, got, status }
  }
  const half = await look('stopped', begin + 1) // the withdrawal comes next
  const second = office.moveMoney()
  const whole = await look('started again', await office.ended(loan))
  await until(async () => (await office.unanswered()) === 0 || undefined)
  await until(async () => (await office.unfinished()).length === 0 || undefined)
  await second.stop()

  screen.table(['process manager', `>${ivan}`, `>${jane}`, loan], rows)
  screen.check(
    'when it stopped, 40.00 had left one account and reached no other',
    half.left === amount(60) && half.got === 0 && half.status === 'running',
  )
  screen.check(
    'the next one knew what was still to be done, and did it once',
    whole.left === amount(60) && whole.got === amount(40) && whole.status === 'completed',
  )
  screen.check(
    'at rest no transfer is half-done, not even one of an earlier run',
    (await office.unfinished()).length === 0 && (await office.unanswered()) === 0,
  )
}
