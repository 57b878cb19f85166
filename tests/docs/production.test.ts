import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createDatabase, type TestDatabase } from '../support/database'

const PAGE = 'docs/how-to/production.md'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

describe(PAGE, () => {
  // In a process of its own: the page sends itself a signal. Not from a bundle, for what it imports is found as it runs.
  it('runs, is ready, and ends in good order at SIGTERM', async () => {
    const worker = join(__dirname, 'page.worker.ts')
    const page = spawn(process.execPath, ['--import', 'tsx', worker, PAGE, database.url], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const late = setTimeout(() => page.kill('SIGKILL'), 40_000)
    const [code] = (await once(page, 'exit')) as [number | null]
    expect(code).toBe(0)
    clearTimeout(late)
  }, 60_000)
})
