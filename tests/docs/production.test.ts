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
    const page = startWorker('docs/page.worker.ts', 'docs/how-to/production.md', database.url)
    const late = setTimeout(() => page.signal('SIGKILL'), 40_000)
    expect(await page.ended).toBe(0)
    clearTimeout(late)
  }, 60_000)
})
