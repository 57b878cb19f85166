import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import { seededRandom } from 'reprise/testing'
import { verifyStore } from '../../src/shell/transfer/verify-store'
import { contentOf, eventOf, writeArchive } from '../support/archives'
import { bundled } from '../support/bundled'
import { cli } from '../support/cli'
import { copyDatabase, createDatabase, type TestDatabase } from '../support/database'
import { type Killable, killed, type Run } from '../support/kills'
import { right } from '../support/right'
import { tick } from '../support/ticks'
import { scaled } from '../support/workers'

/** How often each operation is killed: 20 with `npm run test:kills`. */
const KILLS = scaled('REPRISE_KILLS', 2)
const SEED = scaled('REPRISE_KILLS_SEED', 1 + Math.floor(Math.random() * 1_000_000))
const EVENTS = 9_000

const random = seededRandom(SEED)
let empty: TestDatabase
let source: TestDatabase
let folder: string
const at = (name: string): string => join(folder, name)
/** Runs a command of the program in this process. */
const whole = async (url: string, ...args: ReadonlyArray<string>): Promise<void> => {
  expect(await cli([...args, '--url', url], { folder })).toMatchObject({ exitCode: 0, error: '' })
}

beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`)
  ;[empty, source] = [await createDatabase(), await createDatabase()]
  folder = mkdtempSync(join(tmpdir(), 'reprise-killed-'))
  for (const { url } of [empty, source]) await whole(url, 'migrate')
  const events = Array.from({ length: EVENTS }, (_, index) =>
    eventOf(`tick-${index % 97}`, Math.floor(index / 97) + 1, {
      ...(index % 3 === 0 ? { tags: [`third:${index % 20}`] } : {}),
      data: { step: index, text: 'x'.repeat(200) },
    }),
  )
  writeArchive(at('first.ndjson'), events, ['tick'])
  await whole(source.url, 'import', 'first.ndjson')
  // Events that commands have made.
  const pool = new Pool({ connectionString: source.url, max: 1 })
  const backend = postgres(pool)
  for (let n = 0; n < 50; n++) {
    const command = { commandId: `c${n}`, skip: 0, eventCount: 1, fingerprint: `f${n}` }
    const append = { streamId: `made-${n}`, expectedVersion: 0, events: [tick(n)] }
    await right(backend.store.append({ ...append, commands: [command] }))
  }
  await backend.close()
  await pool.end()
  await whole(source.url, 'export', 'all.ndjson')
  await whole(source.url, 'export', 'all.copy', '--format', 'copy')
}, 120_000)
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all([empty.drop(), source.drop()])
})

const program = (...args: ReadonlyArray<string>) => [bundled('src/cli/main.ts'), ...args, '--json']

let made = 0

/** An import into a store of its own, and what it must have brought in. */
const importOf = (archive: string) => async (): Promise<Killable> => {
  const database = await copyDatabase(empty)
  const pool = new Pool({ connectionString: database.url, max: 3 })
  pool.on('error', () => undefined)
  const backend = postgres(pool)
  const copy = `imported-${made++}.ndjson`
  const sound = async (): Promise<void> => {
    expect((await right(verifyStore({})(backend))).defects).toEqual([])
  }
  return {
    url: database.url,
    command: (url) => program('import', at(archive), '--url', url),
    afterKill: async () => {
      const { rows } = await pool.query<{ events: number; said: number; commands: number }>(`
        select (select count(*)::integer from reprise.events) as events,
               coalesce((select events + commands from reprise.imports), 0)::integer as said,
               (select count(*)::integer from reprise.commands) as commands`)
      const [row] = rows
      expect(row?.said).toBe((row?.events ?? 0) + (row?.commands ?? 0))
      await sound()
    },
    afterEnd: async (run) => {
      expect(run).toMatchObject({ code: 0 })
      expect(run.text).toContain(`"events":${EVENTS + 50},"commands":50,"refused":0`)
      await sound()
      await whole(database.url, 'export', copy)
      expect(contentOf(at(copy))).toEqual(contentOf(at('all.ndjson')))
      rmSync(at(copy))
    },
    close: async () => {
      await backend.close()
      await pool.end()
      await database.drop()
    },
  }
}

/** An export into a file of its own, and what it must have written. */
const exportAs = (format: string, reference: string) => async (): Promise<Killable> => {
  const file = `exported-${made++}`
  const isWhole = (): void => {
    expect(readFileSync(at(file)).equals(readFileSync(at(reference)))).toBe(true)
    expect(existsSync(at(`${file}.part`))).toBe(false)
  }
  return {
    url: source.url,
    command: (url) => program('export', at(file), '--format', format, '--url', url),
    // It has its name when it is whole, and not before.
    afterKill: async () => (existsSync(at(file)) ? isWhole() : undefined),
    afterEnd: async ({ code, text }: Run) => {
      const isKnown = text.includes('is there already')
      expect({ code, text }).toMatchObject({ code: isKnown ? 2 : 0 })
      isWhole()
    },
    close: async () => rmSync(at(file)),
  }
}

describe('a process that is killed at any place, or loses its connections there', () => {
  it.each([
    ['import of lines', importOf('all.ndjson')],
    ['import of rows', importOf('all.copy')],
    ['export of lines', exportAs('ndjson', 'all.ndjson')],
    ['export of rows', exportAs('copy', 'all.copy')],
  ])(
    'leaves an %s that is run again, and ends as if it had not been',
    async (what, make) => {
      const kills = await killed(make, KILLS, random)
      process.stdout.write(`${what}, seed ${SEED}: ${JSON.stringify(kills)}\n`)
    },
    30_000 + KILLS * 15_000,
  )
})
