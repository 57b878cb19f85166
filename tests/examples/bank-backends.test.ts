import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, type TestDatabase } from '../support/database'
import { BOUNDARY_CLAIMS, CLAIMS, startBank } from '../support/start-bank'

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

  it.each([
    ['memory', () => Promise.resolve({}), 'the memory of this process'],
    ['postgres', async () => ({ DATABASE_URL: await database() }), 'PostgreSQL at 127.0.0.1'],
  ] as const)(
    'tells the same story on %s, and every claim holds',
    async (name, settings, place) => {
      const { code, lines } = await startBank(folder, {
        ...(await settings()),
        REPRISE_BACKEND: name,
      })
      expect(lines.join('\n')).not.toContain('✗')
      expect(lines[0]).toContain(`run 1, on ${place}`)
      expect(lines).toEqual(expect.arrayContaining([...CLAIMS, ...BOUNDARY_CLAIMS]))
      expect(lines.filter((line) => line.length > 80)).toEqual([])
      expect(code).toBe(0)
    },
    120_000,
  )

  it('is refused if there is no such backend, and says which there are', async () => {
    const { code, lines } = await startBank(folder, { REPRISE_BACKEND: 'paper' })
    expect(lines.join('\n')).toContain('can be one of postgres, shards, jetstream, memory')
    expect(code).toBe(1)
  }, 60_000)
})
