import { createDatabase, type TestDatabase } from '../support/database'
import { startWorker } from '../support/workers'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

describe('docs/how-to/production.md', () => {
  // In a process of its own: the page sends itself a signal.
  it('runs, is ready, and ends in good order at SIGTERM', async () => {
    process.env['DATABASE_URL'] = database.url
    process.env['PORT'] = '0'
    const page = startWorker('docs/page.worker.ts', 'docs/how-to/production.md')
    expect(await page.ended).toBe(0)
  }, 60_000)
})
