import { type Bank, lookAround, type Scene } from './bank'
import { FOLDER, openDatabase } from './database'
import { asItWas } from './scenes/as-it-was'
import { fiveWithdrawals } from './scenes/five-withdrawals'
import { oneAccount } from './scenes/one-account'
import { balances, openedAgain } from './scenes/opened-again'
import { piggyBank } from './scenes/piggy-bank'
import { refusals } from './scenes/refusals'
import { sentTwice } from './scenes/sent-twice'
import { snapshots } from './scenes/snapshots'
import { twoDesks } from './scenes/two-desks'
import { openScreen } from './screen'

/** The story, in order. The scenes after the first use what it has left behind. */
const scenes: ReadonlyArray<Scene> = [
  oneAccount,
  refusals,
  twoDesks,
  fiveWithdrawals,
  asItWas,
  sentTwice,
  snapshots,
  piggyBank,
]

const play = async (): Promise<number> => {
  const screen = openScreen((line) => process.stdout.write(`${line}\n`))
  const database = await openDatabase()
  const found = await lookAround(database.store)
  const run = found.lastRun + 1
  const accountOf = (owner: string): string => `${owner}-${run}`

  screen.say(`The bank, run ${run}, on embedded PostgreSQL in ${FOLDER}`)
  if (database.migrated.length > 0) screen.say(`Migrated: ${database.migrated.join(', ')}`)
  screen.say(
    found.events === 0
      ? 'The store is empty.'
      : `Found ${found.events} events of ${found.accounts} accounts from earlier runs.`,
  )

  const bank: Bank = { store: database.store, screen, accountOf }
  for (const scene of scenes) await scene(bank)
  const before = await balances(bank)
  await database.close()

  const again = await openDatabase()
  await openedAgain(before)({ ...bank, store: again.store })
  const left = await lookAround(again.store)
  await again.close()

  const { held, broken } = screen.result()
  screen.say('')
  screen.say(`${held} claims hold, ${broken} do not. The store has ${left.events} events now.`)
  return broken === 0 ? 0 : 1
}

play().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)
