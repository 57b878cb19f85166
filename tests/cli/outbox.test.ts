import { Pool } from 'pg'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'

let side: PostgresReadSide
let pool: Pool
beforeEach(async () => {
  side = await postgresReadSide()
  pool = new Pool({ connectionString: side.url })
  await side.subscriptions.register({ name: 'process:transfers', partitions: 1, position: 0 })()
  await pool.query(
    `insert into reprise.outbox (process, key, id, due_at, command, metadata, attempts, failure, parked)
     select 'transfers', 'transfer-' || n, 'ask-' || n, now(), '{"type":"Deposit"}', '{}', 5,
            '{"message":"the bank did not answer"}', true
     from generate_series(1, 2) n`,
  )
})
afterEach(async () => {
  await pool.end()
  await side.close()
})

const reprise = (...args: ReadonlyArray<string>) => cli([...args, '--url', side.url])
const left = async () =>
  (
    await pool.query<{ id: string; parked: boolean }>(
      'select id, parked from reprise.outbox order by id',
    )
  ).rows

describe('a command that a process manager could not send', () => {
  it('is shown under the name of the process manager, with its failure', async () => {
    const { out } = await reprise('subscriptions', 'transfers')
    expect(out).toMatch(/ 2 +- +- +process:transfers\n/)
    expect(out).toMatch(/ask-1 of transfer-1: Deposit\n +parked; 5 attempts\n +the bank did not/)
  })

  it('is due again when it is retried, and is the only one', async () => {
    expect(await reprise('retry', 'transfers', '--command', 'ask-1')).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^Will be retried: command ask-1\n/),
    })
    expect(await left()).toEqual([
      { id: 'ask-1', parked: false },
      { id: 'ask-2', parked: true },
    ])
  })

  it('is deleted when it is skipped', async () => {
    expect((await reprise('skip', 'transfers', '--command', 'ask-2')).exitCode).toBe(0)
    expect(await left()).toEqual([{ id: 'ask-1', parked: true }])
  })
})
