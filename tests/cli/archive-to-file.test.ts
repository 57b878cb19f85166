import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, type Said } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { left, right } from '../support/right'
import { fillDisk, mountDisk, unmountDisk } from '../support/small-disk'
import { tick } from '../support/ticks'

let side: PostgresReadSide
let folder: string
beforeEach(async () => {
  side = await postgresReadSide()
  folder = mkdtempSync(join(tmpdir(), 'reprise-archive-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await side.close()
})

const WHY = ['--why', 'older than ten years', '--by', 'grace']
const run = (args: ReadonlyArray<string>, environment = {}): Promise<Said> =>
  cli([...args, '--url', side.url], { folder, environment })
const archive = (to = '2025.ndjson') =>
  run(['archive', ...WHY, '--yes', '--confirm', 'reprise', '--to', to])
const archives = () => ['--archives', folder]
const fileNamed = (name = '2025.ndjson') => join(folder, name)

/** A closed stream; its events say who it is about. */
const closed = async (streamId: string, events = 1): Promise<string> => {
  await right(
    side.store.append({
      streamId,
      expectedVersion: 0,
      events: Array.from({ length: events }, (_, index) => {
        const event = tick(index)
        return { ...event, data: { ...event.data, about: `secret of ${streamId}` } }
      }),
      commands: [],
    }),
  )
  await right(side.operator.closeStream({ streamId, by: 'test', why: 'test' }))
  return streamId
}

describe('reprise archive --to', () => {
  it('says how many would move, and moves nothing without --yes', async () => {
    await closed('tick-a')
    await run(['archive', ...WHY, '--yes', '--confirm', 'reprise'])
    await closed('tick-b')
    const said = await run(['archive', ...WHY, '--to', '2025.ndjson'])
    expect(said).toMatchObject({ exitCode: 2, out: '' })
    expect(said.error.replace(/\s+/g, ' ')).toContain(
      '1 closed stream, and 1 archived stream that the store still has, all on to 2025.ndjson',
    )
    expect(() => statSync(fileNamed())).toThrow('ENOENT')
  })

  it('moves closed and archived streams to the file, which is read where it is known', async () => {
    await closed('tick-a', 3)
    const before = await run(['show', 'tick-a'])
    const first = await archive()
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(first.out).toContain('1 stream with 3 events moved to the archive.')
    expect(first.out).toContain('1 stream with 3 events moved to')
    await closed('tick-b', 2)
    expect((await archive()).out).toContain('1 stream with 2 events moved to')

    const unknown = await run(['show', 'tick-a'])
    expect(unknown.exitCode).toBe(1)
    expect(unknown.error).toContain('ArchiveUnreadable')
    expect(unknown.error).toContain('tick-a are in the archive file 2025.ndjson')
    expect(unknown.error).toContain('--archives <folder>')
    expect((await run(['show', 'tick-a', ...archives()])).out).toBe(before.out)
    expect((await run(['show', 'tick-a'], { REPRISE_ARCHIVES: folder })).out).toBe(before.out)
    expect((await run(['show', 'tick-b', ...archives()])).exitCode).toBe(0)
    expect((await run(['verify'])).out).toContain('It did not look at 2 streams in archive files')
    const verified = await run(['verify', ...archives()])
    expect(verified).toMatchObject({ exitCode: 0, error: '' })
    expect(verified.out).toContain('2 streams in archive files: all is well.')
  })

  it('goes on with no file that it has not begun, nor with one that is not there any more', async () => {
    writeFileSync(fileNamed(), 'a list of things to buy\n')
    await closed('tick-a')
    const refused = await archive()
    expect(refused.exitCode).toBe(1)
    expect(refused.error).toContain('this store has not begun it')
    expect(readFileSync(fileNamed(), 'utf8')).toBe('a list of things to buy\n')
    expect((await archive('other.ndjson')).exitCode).toBe(0)
    rmSync(fileNamed('other.ndjson'))
    await closed('tick-b')
    expect((await archive('other.ndjson')).error).toContain('put it back')
    expect(() => statSync(fileNamed('other.ndjson'))).toThrow('ENOENT')
  })

  it('shows to verify a file that was changed, or is missing', async () => {
    await closed('tick-a', 3)
    await closed('tick-b', 2)
    expect((await archive()).exitCode).toBe(0)
    const whole = readFileSync(fileNamed())
    const changed = Buffer.from(whole)
    changed.write('else', whole.indexOf('secret of tick-b'))
    writeFileSync(fileNamed(), changed)
    const wrong = await run(['verify', ...archives()])
    expect(wrong.exitCode).toBe(1)
    expect(wrong.out).toContain('Archive: tick-b: ')
    expect(wrong.out).toContain('not the bytes that were written')
    expect(wrong.out).not.toContain('Archive: tick-a')
    expect((await run(['show', 'tick-a', ...archives()])).exitCode).toBe(0)
    expect((await run(['show', 'tick-b', ...archives()])).exitCode).toBe(1)
    rmSync(fileNamed())
    const missing = await run(['verify', ...archives(), '--json'])
    expect(missing.exitCode).toBe(1)
    expect(missing.out).toContain('put the file back')
    expect(missing.out).toMatch(/"wrong": ?2/)
  })

  it('leaves no byte of an erased stream in the file, with --archives, and says so without', async () => {
    for (const id of ['tick-a', 'tick-b', 'tick-c']) await closed(id, 3)
    expect((await archive()).exitCode).toBe(0)
    const { size } = statSync(fileNamed())
    const erase = ['erase', 'tick-b', '--why', 'ticket 4713', '--yes', '--confirm', 'tick-b']
    const without = await run(erase)
    expect(without.exitCode).toBe(1)
    expect(without.out).toContain('Its bytes are still in the archive file 2025.ndjson')
    expect((await run(['show', 'tick-b', ...archives()])).error).toContain('erased')
    expect(readFileSync(fileNamed(), 'utf8')).toContain('secret of tick-b')
    const found = await run(['doctor'])
    expect(found.out).toMatch(/warning +archives +1 range of archive files may hold bytes of/)
    expect(found.out.replace(/\s+/g, ' ')).toContain('npx reprise archive --to 2025.ndjson')
    for (let time = 0; time < 2; time++) {
      expect(await run([...erase, ...archives()])).toMatchObject({ exitCode: 0, error: '' })
      const text = readFileSync(fileNamed(), 'utf8')
      expect(text).not.toContain('tick-b')
      expect(text).toContain('secret of tick-c')
      expect(statSync(fileNamed()).size).toBe(size)
    }
    expect((await run(['verify', ...archives()])).out).toContain('2 streams in archive files')
    expect(await right(side.operator.unusedRanges())).toEqual([])
    expect((await run(['doctor'])).out).toMatch(/ok +archives /)
  })

  it('leaves no byte of a stream that a process was about to move when it was killed', async () => {
    await closed('tick-a')
    expect((await archive()).exitCode).toBe(0)
    await closed('tick-b')
    await run(['archive', ...WHY, '--yes', '--confirm', 'reprise'])
    const moving = { file: '2025.ndjson', streams: ['tick-b'], expects: 'known' } as const
    const begun = await right(side.operator.beginMoveToFile(moving))
    const content = begun?.parts.map((part) => part.content).join('') ?? ''
    writeFileSync(fileNamed(), content, { flag: 'a' }) // and here it is killed
    expect(readFileSync(fileNamed(), 'utf8')).toContain('secret of tick-b')
    const erase = ['erase', 'tick-b', '--why', 'ticket 4713', '--yes', '--confirm', 'tick-b']
    expect((await run([...erase, ...archives()])).exitCode).toBe(0)
    expect(readFileSync(fileNamed(), 'utf8')).not.toContain('tick-b')
    await closed('tick-c')
    expect((await archive()).exitCode).toBe(0)
    expect((await run(['verify', ...archives()])).out).toContain('2 streams in archive files: all')
  })

  it('loses nothing on a disk that is full, and goes on when there is room', async () => {
    const small = mkdtempSync(join(tmpdir(), 'reprise-small-'))
    if (!mountDisk(small, 1)) return // only root can make one
    try {
      for (let n = 0; n < 4; n++) await closed(`tick-${n}`, 20)
      fillDisk(join(small, 'ballast'))
      const full = await archive(join(small, 'a.ndjson'))
      expect(full.exitCode).toBe(1)
      expect(full.error).toContain('ENOSPC')
      expect(full.error).toContain('run the command again to go on')
      for (let n = 0; n < 4; n++) {
        const page = await right(side.store.read(`tick-${n}`, { after: 0, limit: 100 }))
        expect(page.events).toHaveLength(20)
      }
      rmSync(join(small, 'ballast'))
      expect(await archive(join(small, 'a.ndjson'))).toMatchObject({ exitCode: 0, error: '' })
      const verified = await run(['verify', '--archives', small])
      expect(verified.out).toContain('4 streams in archive files: all is well.')
      expect(await left(side.store.read('tick-0', { after: 0, limit: 1 }))).toMatchObject({
        reason: 'ArchiveUnreadable',
      })
    } finally {
      unmountDisk(small)
      rmSync(small, { recursive: true })
    }
  })
})
