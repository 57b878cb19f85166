import { isRight } from 'fp-ts/Either'
import { Client } from 'pg'
import { openCategory, openTogether, type StoreFailed } from 'reprise'
import { postgres, type PostgresStore } from 'reprise/postgres'
import {
  checkHistory,
  describeViolation,
  type HistoryEntry,
  historyRecorder,
  recordedBoundaries,
  recordedStore,
} from 'reprise/testing'
import { account, deposit, withdraw } from '../support/bank'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { right } from '../support/right'

// Every load reads the whole stream, for the history.
const { snapshots: _snapshots, ...unsnapshotted } = account

const PAIRS = 10
const WORKERS = 16
const TRANSFERS = 300
const EACH = 1_000

const idsOf = (pair: number): readonly [string, string] => [`left${pair}`, `right${pair}`]

/** Numbers that are always the same: 0 to `below` - 1. */
const randomFrom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
}

describe('transfers between ten pairs of accounts, by sixteen workers, each in one append', () => {
  let database: MigratedDatabase<unknown>
  let admin: Client
  /** What every client is told, from the first deposit on. */
  const entries: HistoryEntry[] = []
  const recorder = historyRecorder({ write: (entry) => entries.push(entry) })
  const recorded = (client: string, store: PostgresStore<unknown>) => ({
    ...recordedStore(recorder, client, store),
    ...recordedBoundaries(recorder, client, store),
  })

  beforeAll(async () => {
    database = await migratedDatabase()
    admin = new Client({ connectionString: database.url })
    await admin.connect()
    const accounts = openCategory(account, {
      store: recorded('first', postgres(database.connect(2)).store),
    })
    for (let pair = 0; pair < PAIRS; pair++) {
      for (const id of idsOf(pair)) await right(accounts.handleCommand(id, deposit(EACH)))
    }
  })
  afterAll(async () => {
    await admin.end()
    await database.close()
  })

  const balances = async (): Promise<ReadonlyArray<number>> => {
    const store = recorded('last', postgres(database.connect(2)).store)
    const accounts = openCategory(unsnapshotted, { store })
    const ids = Array.from({ length: PAIRS }, (_, pair) => idsOf(pair)).flat()
    return Promise.all(ids.map(async (id) => (await right(accounts.load(id))).state.balance))
  }

  const count = async (query: string): Promise<number> =>
    (await admin.query<{ count: number }>(query)).rows[0]?.count ?? 0

  const deadlocks = (): Promise<number> =>
    count(
      `select deadlocks::integer as count from pg_stat_database where datname = current_database()`,
    )

  /** Sends every transfer until it is answered; every worker has states in memory of its own. */
  const transferAll = async (name: string, seed: number) => {
    const failures: StoreFailed[] = []
    const random = randomFrom(seed)
    let accepted = 0
    let next = 0
    const worker = async (number: number): Promise<void> => {
      const db = database.connect(2)
      const store = recorded(`${name}-${number}`, postgres(db).store)
      const bank = openTogether({ accounts: account }, { store }, { retry: { attempts: 200 } })
      for (let transfer = next++; transfer < TRANSFERS; transfer = next++) {
        const ids = idsOf(random(PAIRS))
        const [from, to] = (transfer + number) % 2 === 0 ? ids : [ids[1], ids[0]]
        const amount = 1 + random(EACH / 2)
        for (;;) {
          const answer = await bank.handleCommands(
            { accounts: [[from, withdraw(amount)], [to, deposit(amount)]] }, // prettier-ignore
            { commandId: `${name}-${transfer}` },
          )()
          if (isRight(answer)) accepted += 1
          else if (answer.left._tag === 'StoreFailed') {
            failures.push(answer.left)
            continue
          } else if (answer.left._tag !== 'Rejected') throw new Error(answer.left.message)
          break
        }
      }
      await bank.snapshotsSettled()
      await db.destroy() // its server processes count their deadlocks when they end, at the latest
    }
    await Promise.all(Array.from({ length: WORKERS }, (_, number) => worker(number)))
    return { failures, accepted }
  }

  /** How many events the accepted transfers of a run have, and how many have both. */
  const storedBy = async (name: string) => ({
    events: await count(
      `select count(*)::integer as count from reprise.events where metadata->>'commandId' like '${name}-%'`,
    ),
    whole: await count(
      `select count(*)::integer as count from (
         select from reprise.events where metadata->>'commandId' like '${name}-%'
         group by metadata->>'commandId' having count(*) = 2 and count(distinct stream_id) = 2) t`,
    ),
  })

  const conserved = async (name: string, accepted: number): Promise<void> => {
    const after = await balances()
    expect(after.reduce((sum, balance) => sum + balance, 0)).toBe(PAIRS * 2 * EACH)
    for (let pair = 0; pair < PAIRS; pair++) {
      expect((after[pair * 2] ?? 0) + (after[pair * 2 + 1] ?? 0)).toBe(2 * EACH)
    }
    expect(Math.min(...after)).toBeGreaterThanOrEqual(0)
    expect(await storedBy(name)).toEqual({ events: accepted * 2, whole: accepted })
    expect(checkHistory(entries).map(describeViolation)).toEqual([])
  }

  it('conserve money, without a deadlock', async () => {
    const before = await deadlocks()
    const { failures, accepted } = await transferAll('calm', 1)
    expect(failures).toEqual([])
    expect(accepted).toBeGreaterThan(TRANSFERS / 2)
    await conserved('calm', accepted)
    expect(await deadlocks()).toBe(before)
  }, 120_000)

  it('conserve money also while connections are killed, each transfer once', async () => {
    const before = await deadlocks()
    const ending = new AbortController()
    let killed = 0
    const killing = (async () => {
      while (!ending.signal.aborted) {
        const more = await count(
          `select count(*) filter (where pg_terminate_backend(pid))::integer as count
             from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and random() < 0.2`,
        )
        killed += more
        await admin.query('select pg_sleep(random() * 0.05)')
      }
    })()
    const { failures, accepted } = await transferAll('killed', 2)
    ending.abort()
    await killing
    expect(killed).toBeGreaterThan(0)
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.filter(({ reason }) => reason === 'Unexpected')).toEqual([])
    await conserved('killed', accepted)
    expect(await deadlocks()).toBe(before)
  }, 180_000)
})
