import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { Pool } from 'pg'
import { openCategory } from 'reprise'
import { forgotten } from 'reprise/codec'
import {
  archiveDirectory,
  type ArchiveFiles,
  masterKeyFrom,
  memory,
  type MemoryOptions,
} from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { archiveFile } from '../../src/cli/archive/archive-file'
import type { CliFailure } from '../../src/cli/failure'
import { archiveClosed } from '../../src/shell/transfer/archive-closed'
import { countArchived, moveToFile } from '../../src/shell/transfer/move-to-file'
import { verifyFiles } from '../../src/shell/transfer/verify-files'
import { add, counter } from '../support/counter'
import { customers, register } from '../support/customers'
import { createDatabase } from '../support/database'
import { left, right } from '../support/right'
import { tick } from '../support/ticks'

const personalData = { masterKey: masterKeyFrom('one', () => new Uint8Array(32).fill(1)) }
const who = { by: 'test', why: 'test' }

/** A backend with archive files in a folder. */
const inMemory = async (options: Pick<MemoryOptions, 'archiveFiles'>) => ({
  ...memory({ ...options, personalData }),
  end: async () => undefined,
})
const inPostgres = async (options: Pick<MemoryOptions, 'archiveFiles'>) => {
  const database = await createDatabase()
  const pool = new Pool({ connectionString: database.url, max: 10 })
  const backend = postgres(pool, { ...options, personalData })
  await right(backend.migrate)
  const end = async () => {
    await backend.close()
    await pool.end()
    await database.drop()
  }
  return { ...backend, end }
}
const inPglite = async (options: Pick<MemoryOptions, 'archiveFiles'>) => {
  const pglite = await PGlite.create()
  const backend = postgres(pglite, { ...options, personalData })
  await right(backend.migrate)
  const end = async () => {
    await backend.close()
    await pglite.close()
  }
  return { ...backend, end }
}

describe.each([
  ['memory', inMemory],
  ['PostgreSQL', inPostgres],
  ['PGlite', inPglite],
] as const)('archive files on %s', (_name, open) => {
  let folder: string
  let path: string
  let reads = 0
  let backend: Awaited<ReturnType<typeof open>>
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reprise-files-'))
    path = join(folder, 'a.ndjson')
    reads = 0
    const files = archiveDirectory(folder)
    const archiveFiles: ArchiveFiles = {
      read: (...range) => {
        reads += 1
        return files.read(...range)
      },
    }
    backend = await open({ archiveFiles })
  }, 60_000)
  afterEach(async () => {
    rmSync(folder, { recursive: true })
    await backend.end()
  })

  const archived = async (): Promise<void> => {
    await right(archiveClosed({ ...who, tagged: 'refuse' })(backend))
  }
  const closed = async (streamId: string, events = 0): Promise<void> => {
    const some = Array.from({ length: events }, (_, index) => tick(index))
    const append = { streamId, expectedVersion: 0, events: some, commands: [] }
    if (events > 0) await right(backend.store.append(append))
    await right(backend.operator.closeStream({ streamId, ...who }))
  }
  const move = (batch?: number, signal?: AbortSignal) =>
    moveToFile({
      ...{ ...who, file: archiveFile(path) },
      ...(batch === undefined ? {} : { batch }),
      ...(signal === undefined ? {} : { signal }),
    })(backend)

  it('hold personal data encrypted, and read as the placeholder once its key is destroyed', async () => {
    const desk = openCategory(customers, backend)
    await right(desk.handleCommand('7', register('c-7', 'ada@planted.example', 'Ada Planted')))
    await closed('customer-7')
    await archived()
    await right(move())
    const text = readFileSync(path, 'utf8')
    expect(text).toContain('c-7')
    expect(text).not.toContain('lanted')
    const { state } = await right(openCategory(customers, backend).load('7'))
    expect(state).toMatchObject({ email: 'ada@planted.example', names: ['Ada Planted'] })
    await right(backend.operator.forgetSubject({ subject: 'c-7', ...who }))
    for (const category of [desk, openCategory(customers, backend)]) {
      const loaded = await right(category.load('7'))
      expect(loaded.state).toMatchObject({ email: forgotten, names: ['N.N.'] })
    }
  })

  it('are read once for all pages of a stream', async () => {
    const counters = openCategory(counter, backend)
    for (let n = 1; n <= 12; n++) await right(counters.handleCommand('a', add(n)))
    const before = await right(counters.load('a'))
    await closed('counter-a')
    await archived()
    await right(move())
    const small = openCategory(counter, backend, { pageSize: 3 })
    expect(await right(small.load('a'))).toEqual(before)
    expect(reads).toBe(1)
    expect(await right(small.replayTo('a', 2))).toMatchObject({ state: { total: 3 } })
    expect(await left(small.handleCommand('a', add(1)))).toMatchObject({ _tag: 'StreamClosed' })
  })

  it('lose nothing when two processes write to one at once', async () => {
    const ids = Array.from({ length: 24 }, (_, index) => `tick-${index}`)
    for (const id of ids) await closed(id, 3)
    const before = await Promise.all(
      ids.map((id) => right(backend.store.read(id, { after: 0, limit: 9 }))),
    )
    await archived()
    for (let turn = 0; turn < 3; turn++) {
      const ends = await Promise.all([move(6)(), move(6)()])
      for (const end of ends) {
        // The one that was overtaken says so; what has made the file a moment earlier is another one.
        if (E.isLeft(end)) {
          expect(['InvalidOperation', 'FileNotWritten', 'StoreFailed']).toContain(end.left._tag)
        }
      }
    }
    await right(move(6))
    expect(await right(countArchived({ where: 'store' })(backend))).toBe(0)
    const after = await Promise.all(
      ids.map((id) => right(backend.store.read(id, { after: 0, limit: 9 }))),
    )
    expect(after).toEqual(before)
    expect(await right(verifyFiles()(backend))).toMatchObject({ streams: 24, count: 0 })
  })

  it('have what leaves the store before it leaves: it is written and read again', async () => {
    await closed('tick-a', 2)
    await closed('tick-b', 2)
    await archived()
    const seen: unknown[] = []
    const sound = archiveFile(path)
    const looking =
      <Args extends ReadonlyArray<unknown>, Answer>(
        name: string,
        work: (...args: Args) => TE.TaskEither<CliFailure, Answer>,
      ) =>
      (...args: Args): TE.TaskEither<CliFailure, Answer> =>
      async () => {
        seen.push([name, await right(countArchived({ where: 'store' })(backend))])
        return work(...args)()
      }
    const file = {
      ...sound,
      write: looking('write', sound.write),
      read: looking('read', sound.read),
    }
    await right(moveToFile({ ...who, file, batch: 1 })(backend))
    expect(seen).toEqual([
      ['write', 2],
      ['read', 2],
      ['write', 1],
      ['read', 1],
    ])
    // What is read again is not what was written: nothing leaves.
    await closed('tick-c', 2)
    await archived()
    const forgetful = { ...sound, write: () => TE.right(undefined) }
    const refused = await left(moveToFile({ ...who, file: forgetful })(backend))
    expect(refused).toMatchObject({ _tag: 'InvalidOperation' })
    expect((await right(backend.store.read('tick-c', { after: 0, limit: 9 }))).events).toHaveLength(
      2,
    )
    expect(await right(countArchived({ where: 'store' })(backend))).toBe(1)
  })

  it('are gone on with after an interruption', async () => {
    for (const id of ['tick-a', 'tick-b', 'tick-c']) await closed(id, 2)
    await archived()
    const stopped = AbortSignal.abort()
    expect(await right(move(1, stopped))).toMatchObject({ streams: 1, isInterrupted: true })
    expect(await right(countArchived({ where: 'store' })(backend))).toBe(2)
    expect(await right(move())).toMatchObject({ streams: 2, events: 4, isInterrupted: false })
    expect(await right(verifyFiles()(backend))).toMatchObject({ streams: 3, count: 0 })
  })
})

describe('archive files of an application', () => {
  const failing: ReadonlyArray<readonly [string, ArchiveFiles]> = [
    ['fails', { read: () => TE.left('no such bucket') }],
    [
      'throws',
      {
        read: () => {
          throw new Error('no such bucket')
        },
      },
    ],
    ['answers fewer bytes', { read: () => TE.right(new Uint8Array(3)) }],
  ]
  it.each(failing)('give a StoreFailed when it %s', async (_name, archiveFiles) => {
    const { store, operator } = memory({ archiveFiles })
    const append = { streamId: 'tick-a', expectedVersion: 0, events: [tick(1)], commands: [] }
    await right(store.append(append))
    await right(operator.closeStream({ streamId: 'tick-a', ...who }))
    await right(operator.archive({ streams: ['tick-a'], tagged: 'refuse', ...who }))
    const folder = mkdtempSync(join(tmpdir(), 'reprise-files-'))
    await right(moveToFile({ ...who, file: archiveFile(join(folder, 'a')) })({ operator }))
    rmSync(folder, { recursive: true })
    expect(await left(store.read('tick-a', { after: 0, limit: 1 }))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'ArchiveUnreadable',
      message: expect.stringContaining('tick-a are in the archive file a'),
    })
  })

  it('in a folder are never outside of it', async () => {
    const { read } = archiveDirectory(tmpdir())
    expect(E.isLeft(await read('../etc/passwd', 0, 1)())).toBe(true)
  })
})
