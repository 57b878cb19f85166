import { isRight } from 'fp-ts/Either'
import { Client } from 'pg'
import { openCategory, type StoreFailed } from 'reprise'
import { postgres } from 'reprise/postgres'
import { add, counter } from '../support/counter'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { right } from '../support/right'

const COMMANDS = 500
const STREAMS = 5

describe('connections that are killed', () => {
  let database: MigratedDatabase<unknown>

  beforeAll(async () => {
    database = await migratedDatabase()
  })
  afterAll(() => database.close())

  /** Kills every connection to the database but this one, again and again, until it is told to stop. */
  const killer = () => {
    const stopping = new AbortController()
    let killed = 0
    const killing = (async () => {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      while (!stopping.signal.aborted) {
        const { rows } = await client.query<{ killed: number }>(
          `select count(*) filter (where pg_terminate_backend(pid))::integer as killed
             from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and random() < 0.5`,
        )
        killed += rows[0]?.killed ?? 0
        await client.query('select pg_sleep(random() * 0.03)')
      }
      await client.end()
    })()
    return {
      stop: async () => {
        stopping.abort()
        await killing
        return killed
      },
    }
  }

  it('leave every command with an id with exactly one effect, once its caller has retried', async () => {
    const counters = openCategory(counter, { store: postgres(database.connect(8)).store })
    const failures: StoreFailed[] = []
    const { stop } = killer()

    const send = async (n: number): Promise<void> => {
      for (;;) {
        const options = { commandId: `command-${n}` }
        const answer = await counters.handleCommand(`s${n % STREAMS}`, add(1), options)()
        if (isRight(answer)) return
        if (answer.left._tag !== 'StoreFailed') throw new Error(answer.left.message)
        failures.push(answer.left)
      }
    }
    const waiting = Array.from({ length: COMMANDS }, (_, n) => n)
    const sender = async () => {
      for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) await send(n)
    }
    await Promise.all(Array.from({ length: 16 }, sender))
    const killed = await stop()
    await counters.snapshotsSettled()

    expect(killed).toBeGreaterThan(0)
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.filter(({ reason }) => reason === 'Unexpected')).toEqual([])
    const fresh = openCategory(counter, { store: postgres(database.connect(1)).store })
    for (let stream = 0; stream < STREAMS; stream++) {
      expect(await right(fresh.load(`s${stream}`))).toMatchObject({
        state: { total: COMMANDS / STREAMS },
        version: COMMANDS / STREAMS,
      })
    }
  }, 120_000)
})
