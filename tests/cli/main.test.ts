import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundled } from '../support/bundled'
import { createDatabase, type TestDatabase } from '../support/database'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await createDatabase()
  folder = mkdtempSync(join(tmpdir(), 'reprise-main-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.drop()
})

const root = join(__dirname, '..', '..')

interface Ended {
  readonly exitCode: number
  readonly out: string
  readonly error: string
}

const reprise = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const program = [bundled('src/cli/main.ts'), ...args]
    const env = { PATH: process.env['PATH'], ...environment }
    const child = execFile(process.execPath, program, { cwd: root, env }, (_error, out, error) => {
      resolve({ exitCode: child.exitCode ?? -1, out, error })
    })
  })

describe('the program', () => {
  it('works on a server that DATABASE_URL names, and ends', async () => {
    const environment = { DATABASE_URL: database.url }
    const first = await reprise(['migrate', '--json'], environment)
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(first.out)).toMatchObject({ present: [] })
    const module = ['--decider', 'tests/support/tally.ts']
    const shown = await reprise(['show', 'counter-1', '--json', ...module], {
      ...environment,
      NODE_OPTIONS: '--import tsx', // the module of the category is TypeScript
    })
    expect(shown.error).toBe('')
    expect(JSON.parse(shown.out)).toMatchObject({ events: [], version: 0, state: { sum: 0 } })
  })

  it('works on a PGlite folder, which only migrate makes', async () => {
    const url = ['--url', `pglite:${join(folder, 'deep', 'data')}`]
    const early = await reprise(['streams', ...url])
    expect(early.exitCode).toBe(1)
    expect(early.error).toContain('npx reprise migrate --url pglite:')
    expect(await reprise(['migrate', ...url])).toMatchObject({ exitCode: 0, error: '' })
    const later = await reprise(['doctor', '--json', ...url])
    expect(later).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(later.out)).toMatchObject({ healthy: true })
  }, 120_000)

  it('ends with 2 and one line when it is called wrongly', async () => {
    const { exitCode, out, error } = await reprise(['strems'])
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(error).toMatch(/^reprise: unknown command 'strems'[^\n]*\n$/)
  })

  it('ends with 1 and one line when the server is not there', async () => {
    const { exitCode, error } = await reprise(['streams', '--url', 'postgres://u@127.0.0.1:1/x'])
    expect(exitCode).toBe(1)
    expect(error).toMatch(/^reprise: No connection[^\n]*\n$/)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends well when tail gets %s', async (signal) => {
    const program = [bundled('src/cli/main.ts'), 'tail', '--url', database.url]
    await reprise(['migrate', '--url', database.url])
    const child = spawn(process.execPath, program, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data') // the titles: from here on it follows
    child.kill(signal)
    expect(await ended).toEqual([0, null])
  })

  it('shows subscriptions and events of a PGlite folder', async () => {
    const url = ['--url', `pglite:${join(folder, 'read', 'data')}`]
    expect((await reprise(['migrate', ...url])).exitCode).toBe(0)
    const seen = await reprise(['subscriptions', '--json', ...url])
    expect(JSON.parse(seen.out)).toMatchObject({ subscriptions: [], horizon: { last: 0 } })
    expect(await reprise(['tail', '--from', 'start', '--no-follow', '--json', ...url])).toEqual({
      exitCode: 0,
      out: '',
      error: '',
    })
    expect((await reprise(['reset', 'mails', ...url])).error).toMatch(/no subscription mails/)
  }, 120_000)
})
