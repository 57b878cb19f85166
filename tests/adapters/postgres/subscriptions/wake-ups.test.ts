import { setTimeout as pauseFor } from 'node:timers/promises'
import * as TE from 'fp-ts/TaskEither'
import { Client, Pool } from 'pg'
import { namespaceOf } from '../../../../src/adapters/postgres/schema/names'
import type { RecordedEvent } from '../../../../src/core/recorded-event'
import type { WakeUps } from '../../../../src/core/ports/wake-ups'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import { runSubscription } from '../../../../src/shell/subscription/run-subscription'
import { fromStart } from '../../../../src/core/subscription-start'
import { eventually } from '../../../support/eventually'
import {
  type NoTables,
  postgresReadSide,
  type PostgresReadSide,
} from '../../../support/postgres-read-side'
import { right } from '../../../support/right'
import { running, type Running } from '../../../support/running'
import { appendTicks, places, type Tick, tick, ticks } from '../../../support/ticks'
import { startWorker, type WorkerProcess } from '../../../support/workers'

/** So rarely does a subscriber look by itself in the end. Milliseconds. */
const RARELY = 10_000
/** After so many looks in vain, 10, 20, 40 ms and so on apart, it waits for more than 2.5 s. */
const LOOKS = 9
/** Sooner than it would look by itself then. */
const SOON = 2_000
const CHANNEL = `reprise_${namespaceOf('reprise')}`

let side: PostgresReadSide
let others: Pool
/** Appends without a hint. */
let silent: PostgresBackend<NoTables>
let workers: WorkerProcess[]
let started: Running<unknown>[]
/** As if in another process: over connections that have nothing to do with the subscriber's. */
let elsewhere: PostgresBackend<unknown>
beforeEach(async () => {
  side = await postgresReadSide()
  others = new Pool({ connectionString: side.url, max: 5 })
  others.on('error', () => undefined)
  elsewhere = postgres(others)
  silent = postgres(others, { wakeUps: 'poll' })
  workers = []
  started = []
})
afterEach(async () => {
  await Promise.all(workers.map(({ kill }) => kill()))
  await Promise.all(started.map(({ stop }) => stop()))
  await elsewhere.close()
  await others.end()
  await side.close()
})

const listening = `from pg_stat_activity
  where datname = current_database() and query = 'listen ${CHANNEL}'`

/** How many connections listen now. */
const listeners = async (): Promise<number> => {
  const { rows } = await others.query<{ count: number }>(
    `select count(*)::integer as count ${listening}`,
  )
  return rows[0]?.count ?? 0
}

/** Ends every listening connection from the server's side. */
const terminate = () => others.query(`select pg_terminate_backend(pid) ${listening}`)

/** A subscriber that looks by itself rarely, and how often it has looked since it found something. */
const hearing = (wakeUps: WakeUps) => {
  const seen: RecordedEvent<Tick>[] = []
  let looks = 0
  const store = {
    ...side.store,
    readAll: (...range: Parameters<typeof side.store.readAll>) => {
      looks++
      return side.store.readAll(...range)
    },
  }
  const run = running((signal) =>
    runSubscription<Tick>({
      name: 'hearing',
      from: fromStart,
      events: ticks,
      maxPollInterval: RARELY,
      handle: (event) =>
        TE.fromIO(() => {
          looks = 0
          seen.push(event)
        }),
    })({ ...side, store, wakeUps }, { signal }),
  )
  started.push(run)
  return { seen, looks: () => looks, isIdle: () => looks >= LOOKS, ...run }
}

describe('a subscriber in another process', () => {
  it('is woken by an append, and ends when its signal is aborted', async () => {
    const worker = startWorker('adapters/postgres/subscriptions/wake-ups.worker.ts', side.url)
    workers.push(worker)
    const heard = new Map<number, number>()
    let looks = 0
    worker.hear((message) => {
      if (message === 'looked') {
        looks++
        return
      }
      const { position, at } = message as { readonly position: number; readonly at: number }
      looks = 0
      heard.set(position, at)
    })
    const { store } = elsewhere
    const latency = async (): Promise<number> => {
      const position = (await appendTicks(store, 'tick-1', 1))[0] ?? 0
      const committed = performance.timeOrigin + performance.now()
      await eventually(() => heard.has(position))
      return (heard.get(position) ?? 0) - committed
    }
    await latency()
    await eventually(() => looks >= LOOKS)
    expect(await latency()).toBeLessThan(SOON)

    const latencies: number[] = []
    for (let index = 0; index < 50; index++) {
      latencies.push(await latency())
      await pauseFor(30) // so that no notification waits for the one before
    }
    const median = latencies.toSorted((a, b) => a - b)[latencies.length / 2] ?? 0
    process.stdout.write(
      `from commit to a handler in another process, p50: ${median.toFixed(1)} ms\n`,
    )

    worker.signal('SIGTERM')
    expect(await worker.ended).toBe(0)
    expect(await listeners()).toBe(0)
  }, 60_000)
})

describe('a subscriber that waits', () => {
  it('looks again soon after a hint: another writer may hold the event back', async () => {
    const { seen, looks, isIdle } = hearing(side.wakeUps)
    await appendTicks(side.store, 'tick-1', 1)
    await eventually(isIdle)
    const slow = await side.db.startTransaction().execute()
    const early = silent.store.inTransaction(slow)
    await right(
      early.append({ streamId: 'tick-2', expectedVersion: 'any', events: [tick(1)], commands: [] }),
    )
    const before = looks()
    await appendTicks(elsewhere.store, 'tick-1', 2)
    await eventually(() => looks() > before) // in vain
    await slow.rollback().execute() // no hint comes of this
    await eventually(() => seen.length === 2, SOON)
    expect(places(seen)).toEqual(['tick-1:1', 'tick-1:2'])
  }, 30_000)

  it('listens again after its connection was ended, and finds what came meanwhile', async () => {
    const { seen, isIdle } = hearing(side.wakeUps)
    await appendTicks(side.store, 'tick-1', 1)
    await eventually(isIdle)
    for (const version of [2, 3]) {
      await eventually(async () => (await listeners()) === 1)
      await terminate()
      await appendTicks(silent.store, 'tick-1', version) // not even a hint
      await eventually(() => seen.length === version, SOON)
    }
    await eventually(async () => (await listeners()) === 1)
    await eventually(isIdle)
    await appendTicks(elsewhere.store, 'tick-1', 4)
    await eventually(() => seen.length === 4, SOON)
  }, 40_000)

  it('finds everything by polling when no wake-up arrives', async () => {
    const deaf: WakeUps = { signal: () => undefined, listen: () => () => undefined }
    const { seen } = hearing(deaf)
    for (let version = 1; version <= 3; version++) {
      await appendTicks(silent.store, 'tick-1', version)
      await eventually(() => seen.length === version)
    }
  })
})

describe('notifications', () => {
  it('are few for many appends at once, and sent outside of them', async () => {
    const client = new Client({ connectionString: side.url })
    await client.connect()
    let notifications = 0
    client.on('notification', () => {
      notifications++
    })
    await client.query(`listen ${CHANNEL}`)
    const all = Array.from({ length: 1_000 }, (_, n) =>
      appendTicks(elsewhere.store, `tick-${n}`, 1),
    )
    await Promise.all(all)
    await eventually(() => notifications > 0)
    // Behind whatever still waits for a connection to be sent over, and then to be delivered.
    for (let turn = 0; turn < 10; turn++) await others.query('select 1')
    const { rows } = await client.query(
      `select proname from pg_proc
        where pronamespace = 'reprise'::regnamespace and prosrc ilike '%notify%'
          and proname not in ('erase_stream', 'forget_subject', 'truncate_stream')`,
    )
    await client.end()
    process.stdout.write(`1,000 appends at once: ${notifications} notifications\n`)
    expect(notifications).toBeLessThan(100)
    expect(rows).toEqual([]) // nothing that an append runs on the server sends any
  }, 30_000)

  it('are not sent for an append that was rejected', async () => {
    let hints = 0
    const { store, wakeUps } = postgres(side.db, { wakeUps: 'poll' })
    wakeUps.listen(() => {
      hints++
    })
    const append = {
      streamId: 'tick-1',
      expectedVersion: 7,
      events: [tick(1)],
      commands: [],
    } as const
    expect(await store.append(append)()).toMatchObject({ _tag: 'Left' })
    expect(hints).toBe(0)
    await right(store.append({ ...append, expectedVersion: 0 }))
    expect(hints).toBe(1)
  })
})

describe('wake-ups', () => {
  it('takes one connection however many listen, and none when the last one has gone', async () => {
    const { wakeUps } = side
    const heard: string[] = []
    const silences = ['a', 'b'].map((name) => wakeUps.listen(() => void heard.push(name)))
    await eventually(async () => (await listeners()) === 1)
    elsewhere.wakeUps.signal()
    await eventually(() => heard.includes('a') && heard.includes('b'))
    silences[0]?.()
    silences[0]?.()
    heard.length = 0
    elsewhere.wakeUps.signal()
    await eventually(() => heard.includes('b'))
    expect(heard).not.toContain('a')
    silences[1]?.()
    await eventually(async () => (await listeners()) === 0)
  })

  it('can be closed at any moment, and lets the pool end', async () => {
    for (let round = 0; round < 20; round++) {
      const pool = new Pool({ connectionString: side.url, max: 2 })
      const backend = postgres(pool)
      const silence = backend.wakeUps.listen(() => undefined)
      for (let turn = 0; turn < round; turn++) await pool.query('select 1')
      silence()
      await backend.close()
      await pool.end()
    }
    expect(await listeners()).toBe(0)
  })

  it('survives that the server ends all its connections at any moment', async () => {
    const pool = new Pool({ connectionString: side.url, max: 2 })
    pool.on('error', () => undefined)
    let heard = 0
    const backend = postgres(pool)
    const silence = backend.wakeUps.listen(() => {
      heard++
    })
    for (let round = 0; round < 20; round++) {
      await others
        .query(
          `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
        )
        .catch(() => undefined)
    }
    await eventually(async () => (await listeners()) === 1)
    const before = heard
    elsewhere.wakeUps.signal()
    await eventually(() => heard > before)
    silence()
    await backend.close()
    await pool.end()
  })

  it('waits for a server that is away', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: 1, max: 2 })
    const backend = postgres(pool)
    const silence = backend.wakeUps.listen(() => undefined)
    backend.wakeUps.signal()
    await expect(pool.query('select 1')).rejects.toThrow()
    silence()
    await backend.close()
    await pool.end()
  })
})
