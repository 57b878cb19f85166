import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expectStory, startBank } from '../support/start-bank'

// On PostgreSQL and on shards: tests/shards/bank.shards.ts, and bank.test.ts with a server of its own.
describe('npm start, with REPRISE_BACKEND', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-bank-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('tells the same story in memory, and every claim holds', async () => {
    expectStory(
      await startBank(folder, { REPRISE_BACKEND: 'memory' }),
      'the memory of this process',
    )
  }, 120_000)

  it('is refused if there is no such backend, and says which there are', async () => {
    const { code, lines } = await startBank(folder, { REPRISE_BACKEND: 'paper' })
    expect(lines.join('\n')).toContain('can be one of postgres, shards, jetstream, memory')
    expect(code).toBe(1)
  }, 60_000)
})
