import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import { postgres, tableReader } from 'reprise/postgres'
import { replay } from '../../src/core/decider'
import type { EventStore } from '../../src/core/ports/event-store'
import { projectionReader } from '../../src/shell/projection/reader'
import { totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { pendingOf } from '../support/operating'
import { right } from '../support/right'
import { sums, type SumTables } from '../support/sums'
import { appendTicks, type Tick, tick } from '../support/ticks'
import { bankOn } from '../support/transfers'
import { scaled, startWorker, type WorkerProcess } from '../support/workers'

/** The full size: REPRISE_CHAOS_KILLS=50 REPRISE_CHAOS_EVENTS=20000 REPRISE_CHAOS_TRANSFERS=200. */
const KILLS = scaled('REPRISE_CHAOS_KILLS', 4)
const EVENTS = scaled('REPRISE_CHAOS_EVENTS', 2_000)
const TRANSFERS = scaled('REPRISE_CHAOS_TRANSFERS', 30)
const LONG = 60_000 + KILLS * 10_000

const WORKER = 'chaos/read-side.worker.ts'
let side: PostgresReadSide
let workers: WorkerProcess[]
beforeEach(async () => {
  side = await postgresReadSide()
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map(({ kill }) => kill()))
  await side.close()
})

const begin = (what: string): WorkerProcess => {
  const worker = startWorker(WORKER, what, side.url)
  workers.push(worker)
  return worker
}
const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** Who owns the subscription now. */
const ownerNow = async (): Promise<string | undefined> =>
  (await right(side.operator.status())).find(({ owner }) => owner !== undefined)?.owner

/** Two of them run; the older one is killed at some moment of its work, and another one begins. */
const killing = async (what: string, kills: number): Promise<void> => {
  const alive = [begin(what), begin(what)]
  for (let killed = 0; killed < kills; killed++) {
    const owner = await eventually(ownerNow)
    await pause(randomInt(1_500))
    await alive.shift()?.kill()
    alive.push(begin(what))
    // Unless it was the other one's: then nothing is taken over.
    const soon = Date.now() + 2_500
    await eventually(
      async () => Date.now() > soon || ![owner, undefined].includes(await ownerNow()),
    )
  }
}

/**
 * An event that was in hand when three processes in a row were killed is parked: it may have ended them. As an
 * operator, lets it be tried again. Answers whether nothing was parked.
 */
const nothingParked = async (subscription: string): Promise<boolean> => {
  const { events } = await right(side.operator.heldEvents(subscription, { after: 0, limit: 1_000 }))
  const positions = events.map(({ position }) => position)
  await right(side.operator.decide(subscription, 'retry', positions))
  return events.length === 0
}

describe('an asynchronous projection', () => {
  it(
    'has the effect of each event exactly once, however often its processes are killed',
    async () => {
      const history = new Map<string, Tick[]>()
      const append = async (store: EventStore): Promise<number> => {
        const streamId = `tick-${randomInt(50)}`
        const steps = Array.from({ length: 1 + randomInt(10) }, () => randomInt(10))
        const events = steps.map((by) => tick(by, by === 0 ? 'Reset' : 'Ticked'))
        const ticked = steps.map((by): Tick =>
          by === 0 ? { type: 'Reset' } : { type: 'Ticked', by },
        )
        history.set(streamId, [...(history.get(streamId) ?? []), ...ticked])
        const request = { streamId, expectedVersion: 'any', events, commands: [] } as const
        return (await right(store.append(request))).positions.at(-1) ?? 0
      }
      const killed = new AbortController()
      const chaos = killing('projection', KILLS).then(() => killed.abort())
      let last = 0
      let count = 0
      while (count < EVENTS || !killed.signal.aborted) {
        const before = last
        last = await append(side.store)
        count += last - before
        await pause(count < EVENTS ? randomInt(Math.ceil((KILLS * 3_000 * 10) / EVENTS)) : 100)
      }
      await chaos
      const reader = projectionReader(totals())(side)
      const build = await eventually(() => right(side.documents.active('totals')))
      await right(reader.until(last, 60_000))
      await eventually(() => nothingParked(build.collection), 60_000)
      const replayed = [...history]
        .map(([key, events]) => ({ key, state: replay(totals().view, events) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      expect((await right(reader.all({ after: '', limit: 1_000 }))).entries).toEqual(replayed)
      process.stdout.write(`${last} events, ${KILLS} kills\n`)
    },
    LONG,
  )
})

describe('a projection in tables of its own', () => {
  it(
    'counts each event once, however often its processes are killed',
    async () => {
      const expected = new Map<string, { sum: number; events: number }>()
      const killed = new AbortController()
      const chaos = killing('tables', KILLS).then(() => killed.abort())
      let last = 0
      while (!killed.signal.aborted) {
        const stream = `tick-${randomInt(20)}`
        const steps = Array.from({ length: 1 + randomInt(10) }, () => randomInt(10))
        last = (await appendTicks(side.store, stream, ...steps)).at(-1) ?? 0
        const { sum, events } = expected.get(stream) ?? { sum: 0, events: 0 }
        const added = steps.reduce((all, by) => all + by, 0)
        expected.set(stream, { sum: sum + added, events: events + steps.length })
        await pause(20)
      }
      await chaos
      const tables = postgres<SumTables>(side.pool)
      const reader = tableReader(sums())(tables)
      await right(reader.until(last, 60_000))
      await eventually(() => nothingParked('sums@1.1'), 60_000)
      const rows = await right(
        reader.read((db) => db.selectFrom('sums').selectAll().orderBy('stream').execute()),
      )
      const wanted = [...expected].map(([stream, counted]) => ({ stream, ...counted }))
      expect(rows).toEqual(wanted.sort((a, b) => (a.stream < b.stream ? -1 : 1)))
      await tables.close()
      process.stdout.write(`${last} events in tables, ${KILLS} kills\n`)
    },
    LONG,
  )
})

describe('an owner that is frozen past its lease', () => {
  it('writes nothing when it wakes up, and another one has taken over within 10 s', async () => {
    await sql`create table witnessed (position bigint, pid integer)`.execute(side.db)
    const witnesses = async () =>
      (
        await sql<{ position: number; pid: number }>`
          select position::double precision as position, pid from witnessed`.execute(side.db)
      ).rows
    const by = async (pid: number) => (await witnesses()).filter((row) => row.pid === pid).length
    const writing = new AbortController()
    let last = 0
    const write = async () => {
      while (!writing.signal.aborted) {
        last = (await appendTicks(side.store, `tick-${randomInt(9)}`, 1)).at(-1) ?? 0
        await pause(25)
      }
    }
    const written = write()
    const first = begin('witness')
    await eventually(async () => (await by(first.pid)) > 0)
    const second = begin('witness')
    await pause(1_500) // the second one is waiting now; whatever the first one is at, it is frozen
    first.signal('SIGSTOP')
    const frozen = Date.now()
    await eventually(async () => (await by(second.pid)) > 0)
    const takeOver = Date.now() - frozen
    const ofFirst = await by(first.pid)
    first.signal('SIGCONT')
    const bySecond = await by(second.pid)
    await eventually(async () => (await by(second.pid)) > bySecond + 50, 40_000)
    writing.abort()
    await written
    await eventually(
      async () => ((await right(side.subscriptions.reached('witness'))) ?? 0) >= last,
    )
    process.stdout.write(`another owner after ${takeOver} ms\n`)
    expect(takeOver).toBeLessThan(10_000)
    expect(await by(first.pid)).toBe(ofFirst)
    const positions = (await witnesses()).map(({ position }) => position)
    expect(new Set(positions).size).toBe(positions.length)
    expect(positions).toHaveLength(last)
  }, 120_000)
})

describe('a process manager', () => {
  it(
    'conserves money and leaves no transfer half-done, however often its processes are killed',
    async () => {
      const bank = bankOn(side.store)
      const accounts = Array.from({ length: 6 }, (_, n) => `a${n}`)
      for (const id of accounts) {
        await right(bank.account.handleCommand(id, { type: 'Open', amount: 100 }))
      }
      const chaos = killing('transfers', KILLS)
      const names = [...accounts, 'nobody']
      const ids = Array.from({ length: TRANSFERS }, (_, n) => `t${n}`)
      for (const id of ids) {
        const [from = '', to = ''] = [names[randomInt(7)], names[randomInt(7)]]
        const request = {
          type: 'Request',
          transfer: id,
          from,
          to,
          amount: randomInt(1, 60),
        } as const
        await right(bank.transfer.handleCommand(id, request))
        await pause(randomInt((KILLS * 6_000) / TRANSFERS))
      }
      await chaos
      await eventually(async () => {
        const ended = await Promise.all(ids.map((id) => right(bank.transfer.load(id))))
        const isOver = ended.every(({ state }) => state.outcome !== undefined)
        return (await nothingParked('process:transferring')) && isOver
      }, 60_000)
      await eventually(async () => (await pendingOf(side.operator, 'transferring')).length === 0)

      const balances = await Promise.all(accounts.map((id) => right(bank.account.load(id))))
      const sum = balances.reduce((total, { state }) => total + (state ?? 0), 0)
      expect(sum).toBe(600)
      const { rows } = await sql<{ transfer: string; types: string; outcome: string }>`
        select data->>'transfer' as transfer, string_agg(type, ' ' order by position) as types,
               max(data->>'outcome') as outcome
        from reprise.events where data ? 'transfer' group by 1`.execute(side.db)
      const complete = new Map([
        ['done', 'Requested Debited Credited Ended'],
        ['refused', 'Requested Ended'],
        ['refunded', 'Requested Debited Refunded Ended'],
      ])
      expect(rows).toHaveLength(TRANSFERS)
      for (const { types, outcome } of rows) expect(types).toBe(complete.get(outcome))
    },
    LONG,
  )
})
