import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, type TestDatabase } from '../support/database'
import { expectStory, startBank } from '../support/start-bank'

describe('npm start, with REPRISE_BACKEND', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-bank-'))
  const databases: TestDatabase[] = []
  afterAll(async () => {
    for (const { drop } of databases) await drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const database = async (): Promise<string> => {
    const made = await createDatabase()
    databases.push(made)
    return made.url
  }

  it('tells the same story on two shards, and every claim holds', async () => {
    const urls = `${await database()},${await database()}`
    const run = await startBank(folder, { REPRISE_BACKEND: 'shards', SHARD_URLS: urls })
    expectStory(run, '2 shards: PostgreSQL at 127.0.0.1')
  }, 120_000)

  it('tells the same story on PostgreSQL, and every claim holds', async () => {
    const settings = { REPRISE_BACKEND: 'postgres', DATABASE_URL: await database() }
    expectStory(await startBank(folder, settings), 'PostgreSQL at 127.0.0.1')
  }, 120_000)
})
