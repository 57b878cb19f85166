import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import { verifyStore } from '../../src/shell/transfer/verify-store'
import { contentOf, eventOf, writeArchive } from '../support/archives'
import { bundled } from '../support/bundled'
import { startCrashingServer } from '../support/crashing-server'
import { createDatabase, type TestDatabase } from '../support/database'
import { right } from '../support/right'
import { onServer, startServer, type TestServer } from '../support/servers'
import { growDisk, mountDisk, unmountDisk } from '../support/small-disk'

const EVENTS = 24_000

let folder: string
const at = (...names: ReadonlyArray<string>): string => join(folder, ...names)
const disks: string[] = []
/** A small disk. @param megabytes - its size. */
const disk = (name: string, megabytes: number): string => {
  mkdirSync(at(name))
  mountDisk(at(name), megabytes)
  disks.push(at(name))
  return at(name)
}

interface Ended {
  readonly code: number | null
  readonly error: { readonly _tag?: string; readonly reason?: string; readonly message?: string }
  readonly text: string
}

/** Runs the program to its end. */
const reprise = (...args: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((resolve) => {
    const command = [bundled('src/cli/main.ts'), ...args, '--json']
    const child = spawn(process.execPath, command, { cwd: folder })
    let [text, error] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (error += chunk))
    child.once('close', (code) => {
      const said = error.split('\n').find((line) => line.startsWith('{"error"'))
      const parsed = JSON.parse(said ?? '{"error":{}}') as Pick<Ended, 'error'>
      resolve({ code, text: text + error, error: parsed.error })
    })
  })
const well = async (...args: ReadonlyArray<string>): Promise<void> => {
  const { code, text } = await reprise(...args)
  expect([code, code === 0 ? '' : text]).toEqual([0, ''])
}

const probe = mkdtempSync(join(tmpdir(), 'reprise-probe-'))
const canMount = mountDisk(probe, 1)
if (canMount) unmountDisk(probe)
rmSync(probe, { recursive: true })
// Where no disk can be mounted, there is none to be filled.
const describeWithDisk = canMount ? describe : describe.skip

describeWithDisk('a disk that is full', () => {
  let source: TestDatabase
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reprise-full-'))
    source = await createDatabase()
    const events = Array.from({ length: EVENTS }, (_, index) =>
      eventOf(`tick-${index % 997}`, Math.floor(index / 997) + 1, {
        ...(index % 3 === 0 ? { tags: [`third:${index % 20}`] } : {}),
        data: { step: index, text: 'x'.repeat(200) },
      }),
    )
    writeArchive(at('first.ndjson'), events, ['tick'])
    await well('migrate', '--url', source.url)
    await well('import', 'first.ndjson', '--url', source.url)
    await well('export', 'all.ndjson', '--url', source.url)
    await well('export', 'all.copy', '--format', 'copy', '--url', source.url)
  }, 120_000)
  afterAll(async () => {
    for (const one of disks) unmountDisk(one)
    rmSync(folder, { recursive: true, force: true })
    await source.drop()
  })

  describe('of the server', () => {
    let server: TestServer
    beforeAll(async () => {
      server = await startServer()
    }, 60_000)
    afterAll(() => server.stop())

    it.each([
      ['lines', 'all.ndjson'],
      ['rows', 'all.copy'],
    ])(
      'ends an import of %s with a typed error and no half batch, and it goes on with more room',
      async (what, archive) => {
        const [at0] = await onServer<{ data: string }>(
          server.url,
          "select current_setting('data_directory') as data",
        )
        const small = disk(`server-${what}`, 12)
        const { uid, gid } = statSync(at0?.data ?? '')
        chownSync(small, uid, gid)
        // The server has to enter it.
        execFileSync('chmod', ['o+x', folder])
        await onServer(server.url, `create tablespace small_${what} location '${small}'`)
        await onServer(server.url, `create database ${what} tablespace small_${what}`)
        // What verify sorts finds room elsewhere.
        await onServer(server.url, `alter database ${what} set temp_tablespaces = pg_default`)
        const url = new URL(server.url)
        url.pathname = `/${what}`
        await well('migrate', '--url', url.href)

        const pool = new Pool({ connectionString: url.href, max: 2 })
        const backend = postgres(pool)
        const stored = async (): Promise<number> => {
          const { rows } = await pool.query<{ events: number; said: number }>(`
            select (select count(*)::integer from reprise.events) as events,
                   (select sum(events)::integer from reprise.imports) as said`)
          expect(rows[0]?.events).toBe(rows[0]?.said)
          expect((await right(verifyStore({})(backend))).defects).toEqual([])
          return rows[0]?.events ?? 0
        }
        for (let again = 0; again < 2; again++) {
          const full = await reprise('import', archive, '--url', url.href)
          expect(full).toMatchObject({
            code: 1,
            error: { _tag: 'StoreFailed', reason: 'StorageFull' },
          })
          expect(full.error.message).toContain('No space left on device')
        }
        const before = await stored()
        expect(before).toBeGreaterThan(0)
        expect(before).toBeLessThan(EVENTS)

        growDisk(small, 200)
        await well('import', archive, '--url', url.href)
        expect(await stored()).toBe(EVENTS)
        await backend.close()
        await pool.end()
        await well('export', `${what}.ndjson`, '--url', url.href)
        expect(contentOf(at(`${what}.ndjson`))).toEqual(contentOf(at('all.ndjson')))
        await onServer(server.url, `drop database ${what}`)
        await onServer(server.url, `drop tablespace small_${what}`)
      },
      120_000,
    )
  })

  it.each([
    ['lines', 'all.ndjson'],
    ['rows', 'all.copy'],
  ])(
    'on which the whole server is, journal included, ends an import of %s so that it can be run again',
    async (what, archive) => {
      const server = await startCrashingServer('small')
      try {
        await well('migrate', '--url', server.url)
        await server.whileFull?.(async () => {
          const full = await reprise('import', archive, '--url', server.url)
          expect(full).toMatchObject({ code: 1, error: { _tag: 'StoreFailed' } })
          expect(['StorageFull', 'ConnectionLost', 'Unavailable']).toContain(full.error.reason)
        })
        await well('import', archive, '--url', server.url)
        await well('verify', '--url', server.url)
        await well('export', `whole-${what}.ndjson`, '--url', server.url)
        expect(contentOf(at(`whole-${what}.ndjson`))).toEqual(contentOf(at('all.ndjson')))
      } finally {
        await server.stop()
      }
    },
    180_000,
  )

  describe('of the program', () => {
    it.each([
      ['lines', 'ndjson', 'all.ndjson'],
      ['rows', 'copy', 'all.copy'],
    ])(
      'ends an export of %s with a typed error and no file of its name, and it goes on with more room',
      async (what, format, whole) => {
        const small = disk(`export-${what}`, 1)
        const run = ['export', join(small, 'all'), '--format', format, '--url', source.url]
        for (let again = 0; again < 2; again++) {
          const full = await reprise(...run)
          expect(full).toMatchObject({ code: 1, error: { _tag: 'FileNotWritten' } })
          expect(full.error.message).toContain('ENOSPC')
          expect(existsSync(join(small, 'all'))).toBe(false)
        }
        growDisk(small, 64)
        await well(...run)
        expect(readFileSync(join(small, 'all')).equals(readFileSync(at(whole)))).toBe(true)
        expect(existsSync(join(small, 'all.part'))).toBe(false)
      },
      60_000,
    )

    it('leaves no half of the refused lines, and keeps the file of before', async () => {
      const target = await createDatabase()
      await well('migrate', '--url', target.url)
      const small = disk('refused', 1)
      const refused = join(small, 'refused')
      // Each line but the first of its stream has a version that does not follow.
      const wrong = Array.from({ length: 6_000 }, (_, n) => eventOf(`wrong-${n % 3}`, n + 7))
      writeArchive(at('wrong.ndjson'), wrong)
      writeArchive(at('little.ndjson'), wrong.slice(0, 2))
      await reprise('import', 'little.ndjson', '--refused', refused, '--url', target.url)
      const little = readFileSync(refused, 'utf8')
      expect(little.split('\n')).toHaveLength(3)

      const run = ['import', 'wrong.ndjson', '--refused', refused, '--url', target.url]
      const full = await reprise(...run)
      expect(full).toMatchObject({ code: 1, error: { _tag: 'FileNotWritten' } })
      expect(full.error.message).toContain('ENOSPC')
      expect(readFileSync(refused, 'utf8')).toBe(little)
      growDisk(small, 64)
      const again = await reprise(...run)
      expect(again).toMatchObject({ code: 1, error: {} })
      expect(again.text).toContain('"refused":6000')
      expect(readFileSync(refused, 'utf8').split('\n')).toHaveLength(6_001)
      expect(existsSync(`${refused}.part`)).toBe(false)
      await target.drop()
    }, 60_000)
  })
})
