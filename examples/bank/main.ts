import { type Bank, survey, type Scene } from './bank'
import { openDatabase } from './backends'
import type { Database } from './database'
import { aTransfer } from './scenes/a-transfer'
import { asItWas } from './scenes/as-it-was'
import { failedTransfers } from './scenes/failed-transfers'
import { fiveTransfers } from './scenes/five-transfers'
import { fiveWithdrawals } from './scenes/five-withdrawals'
import { oneAccount } from './scenes/one-account'
import { balances, openedAgain } from './scenes/opened-again'
import { piggyBank } from './scenes/piggy-bank'
import { rejections } from './scenes/rejections'
import { restarted } from './scenes/restarted'
import { sentTwice } from './scenes/sent-twice'
import { snapshots } from './scenes/snapshots'
import { theLastSeat } from './scenes/the-last-seat'
import { twoDesks } from './scenes/two-desks'
import { openScreen } from './screen'

/** The story, in order. The scenes after the first use what it has left behind. */
const scenes: ReadonlyArray<Scene> = [
  oneAccount,
  rejections,
  twoDesks,
  fiveWithdrawals,
  asItWas,
  sentTwice,
  snapshots,
  piggyBank,
  theLastSeat,
  aTransfer,
  failedTransfers,
  fiveTransfers,
  restarted,
]

/** Runs scenes in a bank whose office is open, and always closes it. */
const runIn = async (
  { backend, boundaries, openOffice }: Database,
  bank: Pick<Bank, 'screen' | 'accountOf'>,
  selected: ReadonlyArray<Scene>,
): Promise<void> => {
  const office = await openOffice()
  try {
    for (const scene of selected) await scene({ ...bank, backend, boundaries, office })
  } finally {
    await office.close()
  }
}

const runStory = async (): Promise<number> => {
  const screen = openScreen((line) => process.stdout.write(`${line}\n`))
  const database = await openDatabase()
  const found = await survey(database.backend.store)
  const run = found.lastRun + 1
  const accountOf = (owner: string): string => `${owner}-${run}`

  screen.say(`The bank, run ${run}, on ${database.place}`)
  if (database.migrated.length > 0) screen.say(`Migrated: ${database.migrated.join(', ')}`)
  screen.say(
    found.events === 0
      ? 'The store is empty.'
      : `Found ${found.events} events of ${found.accounts} accounts from earlier runs.`,
  )

  await runIn(database, { screen, accountOf }, scenes)
  const before = await balances({ backend: database.backend, accountOf })
  await database.close()

  const again = await openDatabase()
  await runIn(again, { screen, accountOf }, [openedAgain(before)])
  const left = await survey(again.backend.store)
  await again.close()

  const { held, broken } = screen.result()
  screen.say('')
  screen.say(`${held} claims hold, ${broken} do not. The store has ${left.events} events now.`)
  if (database.place.endsWith('.reprise/bank')) {
    screen.say('To look at them in a browser: npm run studio')
  }
  return broken === 0 ? 0 : 1
}

runStory().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)
