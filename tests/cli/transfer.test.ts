import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCategory } from 'reprise'
import { archiveText, contentOf, eventOf, writeArchive, writeRows } from '../support/archives'
import { account, deposit } from '../support/bank'
import { cli } from '../support/cli'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

let side: PostgresReadSide
let target: MigratedDatabase<unknown>
let folder: string
beforeAll(async () => {
  ;[side, target] = await Promise.all([postgresReadSide(), migratedDatabase()])
  folder = mkdtempSync(join(tmpdir(), 'reprise-transfer-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all([side.close(), target.close()])
})

const at = (name: string): string => join(folder, name)
const run = (url: string, ...args: ReadonlyArray<string>) =>
  cli([...args, '--url', url], { folder, importModule: async () => ({ account }) })
const imported = (...args: ReadonlyArray<string>) => run(target.url, 'import', ...args)
const refusedIn = (name: string): ReadonlyArray<{ line: number; reason: string; text: string }> =>
  readFileSync(at(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: number; reason: string; text: string })

describe('reprise export and reprise import', () => {
  it('take a store out and bring it in, tags, commands and times included', async () => {
    const tagged = { ...account, tags: (_event: unknown, id: string) => [`owner:${id}`] }
    const desk = openCategory(tagged, side)
    for (const id of ['a', 'b', 'a']) {
      await right(desk.handleCommand(id, deposit(1), { commandId: crypto.randomUUID() }))
    }
    const exported = await run(side.url, 'export', 'all.ndjson')
    expect(exported).toMatchObject({ exitCode: 0, error: '' })
    expect(exported.out).toContain('all.ndjson: 100 %')
    expect(exported.out).toContain('all.ndjson: 3 events, 3 commands.')
    expect(existsSync(at('all.ndjson.part'))).toBe(false)

    const first = await imported('all.ndjson', '--json')
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(first.out).toContain('"imported":{"archive":"all.ndjson","events":3,"commands":3')
    // Again, it says the same, and changes nothing.
    expect(await imported('all.ndjson')).toMatchObject({ exitCode: 0 })
    expect(await run(target.url, 'export', 'again.ndjson')).toMatchObject({ exitCode: 0 })
    expect(contentOf(at('again.ndjson'))).toEqual(contentOf(at('all.ndjson')))
    expect(contentOf(at('all.ndjson'))[0]).toContain('"tags":["owner:a"]')

    const taken = await run(side.url, 'export', 'all.ndjson')
    expect(taken).toMatchObject({ exitCode: 2 })
    expect(taken.error).toContain('is there already')
  })

  it('take a store out as rows of COPY, and bring it in: the same as by JSON', async () => {
    const copies = await migratedDatabase()
    try {
      const hostile = eventOf('odd-\\N "1"', 1, {
        data: { 'a\tb\n': ['\\', '\u2028 "'] },
        tags: ['\\t'],
      })
      writeArchive(at('hostile.ndjson'), [hostile, eventOf('odd-2', 1)], ['odd'])
      expect(await run(side.url, 'import', 'hostile.ndjson')).toMatchObject({ exitCode: 0 })
      expect(await run(side.url, 'export', 'json.ndjson')).toMatchObject({ exitCode: 0 })
      const exported = await run(side.url, 'export', 'all.copy', '--format', 'copy')
      expect(exported).toMatchObject({ exitCode: 0, error: '' })
      expect(await run(copies.url, 'import', 'all.copy')).toMatchObject({ exitCode: 0, error: '' })
      expect(await run(copies.url, 'export', 'back.ndjson')).toMatchObject({ exitCode: 0 })
      expect(contentOf(at('back.ndjson'))).toEqual(contentOf(at('json.ndjson')))
      // The same again: it changes nothing.
      expect(await run(copies.url, 'import', 'all.copy')).toMatchObject({ exitCode: 0 })

      // What was cut off goes on in its own format only.
      const whole = readFileSync(at('all.copy'), 'utf8')
      const [header = '', first = '', second = ''] = whole.split('\n')
      const part = `${header}\n${first}\n${second.slice(0, 60)}`
      writeFileSync(at('cut.copy.part'), part)
      const other = await run(side.url, 'export', 'cut.copy')
      expect(other).toMatchObject({ exitCode: 2 })
      expect(other.error).toContain('the other format')
      expect(readFileSync(at('cut.copy.part'), 'utf8')).toBe(part)
      const rest = await run(side.url, 'export', 'cut.copy', '--format', 'copy')
      expect(rest).toMatchObject({ exitCode: 0 })
      expect(readFileSync(at('cut.copy'), 'utf8')).toBe(whole)
      expect((await run(side.url, 'export', 'x', '--format', 'csv')).error).toContain('--format')

      for (const [content, expected] of [
        [whole.slice(0, -60), 'its last line is missing'],
        [whole.replace('\tTicked', '\tTicket'), 'its checksum is wrong'],
        [Buffer.from(whole, 'utf16le'), 'is not the header'],
        [Buffer.from(whole.replace('\tTicked', '\tTické'), 'latin1'), 'not encoded in UTF-8'],
      ] as const) {
        writeFileSync(at('broken.copy'), content)
        const answer = await run(copies.url, 'import', 'broken.copy')
        expect({ expected, ...answer }).toMatchObject({ expected, exitCode: 1 })
        expect(answer.error.replace(/\s+/g, ' ')).toContain(expected)
      }
    } finally {
      await copies.close()
    }
  })

  it('refuse rows that no store takes, and import all others', async () => {
    const rowOf = (stream: string, version: number, id: string = crypto.randomUUID()): string =>
      [id, stream, version, 1, 1_600_000_000_123, 'Ticked', 1, '{"a": 1}', '{}', ''].join('\t')
    const first = rowOf('row-1', 1)
    const [id = ''] = first.split('\t')
    writeRows(at('mixed.copy'), [
      first,
      rowOf('row-1', 3),
      rowOf('row-2', 1, id),
      rowOf('row-3', 1).replace('{"a": 1}', '{"a": }'),
      rowOf('row-4', 1).replace('{"a": 1}', '{"a": "\\\\u0000"}'),
      rowOf('row-5', 1).replace('row-5', '\\N'),
      rowOf('row', 1),
      rowOf('row-6', 1).replace('1600000000123', '-1'),
      rowOf('row-1', 2),
    ])
    const answer = await imported('mixed.copy')
    expect(answer).toMatchObject({ exitCode: 1, error: '' })
    expect(answer.out).toContain('2 events, 0 commands. 7 lines refused: see mixed.copy.refused')
    expect(refusedIn('mixed.copy.refused').map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'VersionMissing'],
      [4, 'DuplicateId'],
      [5, 'UnknownLine'],
      [6, 'UnencodableEvent'],
      [7, 'UnknownLine'],
      [8, 'InvalidStreamId'],
      [9, 'InvalidEvent'],
    ])
    // With a codec: it decodes what the rows hold.
    const unknown = rowOf(`${account.name}-copied`, 1)
    writeRows(at('codec.copy'), [unknown])
    expect(await imported('codec.copy', '--module', 'bank.js')).toMatchObject({ exitCode: 1 })
    expect(refusedIn('codec.copy.refused')).toMatchObject([
      { reason: 'UndecodableEvent', text: unknown },
    ])
  })

  it('refuse an archive that is not whole, and import nothing of it', async () => {
    const good = archiveText([eventOf('whole-1', 1), eventOf('whole-1', 2)])
    const lines = good.split('\n')
    const broken: Readonly<Record<string, readonly [string | Buffer, string]>> = {
      truncated: [lines.slice(0, 3).join('\n'), 'its last line is missing'],
      'cut within a line': [good.slice(0, good.length - 60), 'its last line is missing'],
      changed: [good.replace('"step":2', '"step":3'), 'its checksum is wrong'],
      'in UTF-16': [Buffer.from(good, 'utf16le'), 'is not the header'],
      'in Latin-1': [
        Buffer.from(good.replace('Ticked', 'Tické'), 'latin1'),
        'not encoded in UTF-8',
      ],
      'of something else': ['a;b;c\n1;2;3\n', 'is not the header of an archive'],
      empty: ['', 'is not the header of an archive'],
      newer: [good.replace('"format":1', '"format":3'), 'by a later release'],
    }
    for (const [name, [content, expected]] of Object.entries(broken)) {
      writeFileSync(at('broken.ndjson'), content)
      const answer = await imported('broken.ndjson')
      expect({ name, ...answer }).toMatchObject({ name, exitCode: 1 })
      expect({ name, error: answer.error.replace(/\s+/g, ' ') }).toEqual({
        name,
        error: expect.stringContaining(expected),
      })
    }
    expect((await imported('no-such.ndjson')).error).toContain('cannot be read')
    const { out } = await run(target.url, 'streams', '--category', 'whole', '--json')
    expect(JSON.parse(out)).toMatchObject({ streams: [] })
  })

  it('write refused lines into a file of their own, with the reason, and import all others', async () => {
    const twice = eventOf('good-1', 2)
    writeArchive(at('mixed.ndjson'), [
      eventOf('good-1', 1),
      '{"id": no JSON',
      twice,
      { ...twice, streamId: 'good-2', version: 1 },
      eventOf('gap-1', 2),
      eventOf('bad', 1),
      eventOf('bad-2', 1, { id: 'not a uuid' }),
      eventOf('bad-3', 1, { recordedAt: -1 }),
      eventOf('bad-4', 1, { tags: ['b', 'a'] }),
      eventOf(`${account.name}-x`, 1, { type: 'Unknown' }),
      { command: { streamId: 'good-1', commandId: 'c', after: 1, eventCount: 1 } },
      { command: { streamId: 'good-1', commandId: 'd', after: 2, eventCount: 1 } },
      { some: 'thing else' },
      eventOf('good-1', 3),
    ])
    const answer = await imported('mixed.ndjson', '--module', 'bank.js')
    expect(answer).toMatchObject({ exitCode: 1, error: '' })
    expect(answer.out).toContain('3 events, 1 command. 10 lines refused: see mixed.ndjson.refused')
    expect(refusedIn('mixed.ndjson.refused').map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'UnknownLine'],
      [5, 'DuplicateId'],
      [6, 'VersionMissing'],
      [7, 'InvalidStreamId'],
      [8, 'InvalidAppend'],
      [9, 'InvalidEvent'],
      [10, 'InvalidAppend'],
      [11, 'UndecodableEvent'],
      [13, 'VersionMissing'],
      [14, 'UnknownLine'],
    ])
    expect(refusedIn('mixed.ndjson.refused')[0]?.text).toBe('{"id": no JSON')
    // The same archive again: nothing is imported twice, and the file is written once more.
    rmSync(at('mixed.ndjson.refused'))
    expect(await imported('mixed.ndjson')).toMatchObject({ exitCode: 1 })
    expect(refusedIn('mixed.ndjson.refused')).toHaveLength(10)
    // Another one with the same events: they are there already.
    writeArchive(at('other.ndjson'), [eventOf('good-1', 1)])
    expect(await imported('other.ndjson')).toMatchObject({ exitCode: 1 })
    expect(refusedIn('other.ndjson.refused')).toMatchObject([{ reason: 'VersionTaken' }])
  })

  it('go on with an export that was cut off, and only with one of this store', async () => {
    expect(await run(side.url, 'export', 'whole.ndjson')).toMatchObject({ exitCode: 0 })
    const whole = readFileSync(at('whole.ndjson'), 'utf8')
    const [header = '', first = '', second = ''] = whole.split('\n')
    for (const part of [
      header,
      `${header}\n`,
      `${header}\n${first}\n${second.slice(0, 20)}`,
      whole,
    ]) {
      writeFileSync(at('cut.ndjson.part'), part)
      const answer = await run(side.url, 'export', 'cut.ndjson')
      expect({ part, ...answer }).toMatchObject({ part, exitCode: 0 })
      expect(readFileSync(at('cut.ndjson'), 'utf8')).toBe(whole)
      rmSync(at('cut.ndjson'))
    }
    writeFileSync(at('cut.ndjson.part'), 'something else')
    const strange = await run(side.url, 'export', 'cut.ndjson')
    expect(strange).toMatchObject({ exitCode: 1 })
    expect(strange.error).toContain('not the header')
    expect(readFileSync(at('cut.ndjson.part'), 'utf8')).toBe('something else')
    writeFileSync(at('cut.ndjson.part'), `${header}\n`)
    const other = await run(target.url, 'export', 'cut.ndjson')
    expect(other).toMatchObject({ exitCode: 1 })
    expect(other.error).toContain('begun from another store')
  })

  it('say that the disk is full, and keep what is there', async () => {
    const nowhere = await run(side.url, 'export', 'no-such-folder/all.ndjson')
    expect(nowhere).toMatchObject({ exitCode: 1 })
    expect(nowhere.error).toContain('cannot be written')
  })
})
