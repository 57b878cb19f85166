import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { money } from '../show'
import { value } from '../value'

export const asItWas: Scene = async ({ backend, screen, accountOf }) => {
  const bob = accountOf('bob')
  const desk = openDesk(backend)

  screen.title('The account as it was')
  const balances: number[] = []
  for (const version of [0, 1, 2, 3, 4, 5, 6]) {
    balances.push(value(await desk.replayTo(bob, version)()).state.balance)
  }
  screen.table(
    ['version', ...balances.map((_, version) => `>${version}`)],
    [['balance', ...balances.map(money)]],
  )
  screen.check(
    'every version can be seen again',
    balances.join() === [0, 0, 10000, 7600, 5200, 2800, 400].join(),
  )

  const { events } = value(await backend.store.read(`account-${bob}`, { after: 0, limit: 10 })())
  const then = events[1]?.recordedAt ?? 0
  const known = events.filter(({ recordedAt }) => recordedAt <= then).length
  const { version } = value(await desk.asOf(bob, then)())
  screen.check(
    `so can every time: ${new Date(then).toISOString()} was version ${version}`,
    version === known,
  )
}
