import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { cli } from '../support/cli'
import { createDatabase, type TestDatabase } from '../support/database'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await createDatabase()
  folder = mkdtempSync(join(tmpdir(), 'reprise-cli-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.drop()
})

const on = (schema: string): ReadonlyArray<string> => ['--url', database.url, '--schema', schema]

const schemas = async (): Promise<ReadonlyArray<string>> => {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ nspname: string }>('select nspname from pg_namespace')
  await client.end()
  return rows.map(({ nspname }) => nspname)
}

const execute = async (sql: string): Promise<void> => {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

describe('reprise migrate', () => {
  it('makes the tables, and has nothing to do the second time', async () => {
    const first = await cli(['migrate', '--json', ...on('twice')])
    expect(first.exitCode).toBe(0)
    expect(JSON.parse(first.out)).toMatchObject({ schema: 'twice', present: [] })
    expect(JSON.parse(first.out)).toMatchObject({
      applied: expect.arrayContaining(['0001_reprise']),
    })
    const second = await cli(['migrate', ...on('twice')])
    expect(second).toMatchObject({ exitCode: 0, error: '' })
    expect(second.out).toMatch(/^Nothing to do/)
  })

  it.each(['UPPER case', `quotes " and '`, 'ünï-çødé', '-- drop'])(
    'takes the schema name %j',
    async (schema) => {
      expect(await cli(['migrate', ...on(schema)])).toMatchObject({ exitCode: 0, error: '' })
      expect(await cli(['streams', ...on(schema)])).toMatchObject({ exitCode: 0, error: '' })
      expect(await schemas()).toContain(schema)
    },
  )

  it('runs once when two of them start together', async () => {
    const answers = await Promise.all(
      Array.from({ length: 2 }, () => cli(['migrate', '--json', ...on('together')])),
    )
    expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const applied = answers.map(({ out }) => (JSON.parse(out) as { applied: string[] }).applied)
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
  })
})

describe('reprise migrate --dry-run', () => {
  it('prints SQL that does what migrate does, and changes nothing', async () => {
    const { exitCode, out } = await cli(['migrate', '--dry-run', ...on('dry "run')])
    expect(exitCode).toBe(0)
    expect(await schemas()).not.toContain('dry "run')
    await execute(out)
    expect((await cli(['migrate', ...on('dry "run')])).out).toMatch(/^Nothing to do/)
  })

  it('prints only what is missing', async () => {
    await cli(['migrate', ...on('whole')])
    expect((await cli(['migrate', '--dry-run', ...on('whole')])).out).toMatch(/^-- Nothing to do/)
    const { out } = await cli(['migrate', '--dry-run', '--json', ...on('whole')])
    expect(JSON.parse(out)).toMatchObject({ schema: 'whole', missing: [] })
  })

  it('gives machines the name and the text of each migration', async () => {
    const { out } = await cli(['migrate', '--dry-run', '--json', ...on('absent')])
    const { missing } = JSON.parse(out) as { missing: ReadonlyArray<{ name: string; sql: string }> }
    expect(missing[0]).toMatchObject({ name: '0001_reprise' })
    expect(missing[0]?.sql).toContain('create table "absent".events')
  })
})

describe('reprise migrate --schemas', () => {
  const named = (text: string): string => {
    const file = join(mkdtempSync(join(folder, 'names-')), 'schemas.txt')
    writeFileSync(file, text)
    return file
  }

  it('migrates every schema that a file names, and has nothing to do the second time', async () => {
    const file = named('# hotels\r\nhotel north\nhotel south\n\n')
    const first = await cli(['migrate', '--schemas', file, '--url', database.url])
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(first.out).toMatch(/100 %, at 2 of 2\n2 schemas migrated, 0 up to date, 0 failed\.\n$/)
    expect(await schemas()).toEqual(expect.arrayContaining(['hotel north', 'hotel south']))
    const again = await cli(['migrate', '--json', '--schemas', file, '--url', database.url])
    expect(again.exitCode).toBe(0)
    const [last = ''] = again.out.split(/(?=^\{$)/m).slice(-1)
    expect(JSON.parse(last)).toEqual({ schemas: 2, migrated: 0, upToDate: 2, failed: [] })
  })

  it('goes on where one cannot be migrated, names it, and ends with 1', async () => {
    const long = 'x'.repeat(64)
    const file = named(`${long}\nafter it\n`)
    const { exitCode, out } = await cli(['migrate', '--schemas', file, '--url', database.url])
    expect(exitCode).toBe(1)
    expect(out).toContain(`Failed ${long}: `)
    expect(out).toMatch(/1 schema migrated, 0 up to date, 1 failed\.\n$/)
    expect(await schemas()).toContain('after it')
  })

  it.each([
    ['is empty', () => named('\n# nobody\n'), /names no schema/],
    ['is not there', () => join(folder, 'nowhere.txt'), /cannot be read: .*ENOENT/],
  ])('rejects a file that %s', async (_what, file, message) => {
    const { exitCode, error } = await cli(['migrate', '--schemas', file(), '--url', database.url])
    expect({ exitCode, error }).toEqual({
      exitCode: 2,
      error: expect.stringMatching(message) as string,
    })
  })
})

describe('reprise migrate --partition-by', () => {
  const partitions = async (schema: string): Promise<number> => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const statement = 'select from pg_inherits where inhparent = $1::regclass'
    const { rowCount } = await client.query(statement, [`${schema}.events`])
    await client.end()
    return rowCount ?? 0
  }

  it('makes the partitions of a new store, and has nothing to do the second time', async () => {
    const first = await cli(['migrate', '--partition-by', 'hash:3', '--json', ...on('parts')])
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(first.out).toContain('"outcome": "moved"')
    expect(await partitions('parts')).toBe(3)
    expect(await cli(['migrate', ...on('parts')])).toMatchObject({ exitCode: 0 })
    const again = await cli(['migrate', '--partition-by', 'hash:3', ...on('parts')])
    expect(again.out).toMatch(/^Nothing to do: the events in .* are in 3 partitions\.\n$/)
    const other = await cli(['migrate', '--partition-by', 'hash:5', ...on('parts')])
    expect(other).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('is 3 in this store, and cannot become 5') as string,
    })
  })

  it('says how far it is', async () => {
    await cli(['migrate', ...on('living')])
    await execute(`insert into living.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
      select 'tick-a', n, gen_random_uuid(), 'Ticked', 1, now(), '{}', '{}' from generate_series(1, 2000) n`)
    const { exitCode, out } = await cli(['migrate', '--partition-by', 'hash:2', ...on('living')])
    expect(exitCode).toBe(0)
    expect(out).toContain('living: 100 %, at 2000 of 2000\n')
    expect(out).toMatch(/are in 2 partitions now\.\n$/)
  })

  it.each([
    ['hash:0', /from 2 to 64; got 0/],
    ['hash:65', /from 2 to 64; got 65/],
    ['hash:x', /takes hash:16, say, and not hash:x/],
    ['list', /takes hash:16, say, and not list/],
    ['time:month', /not partitioned by time.*reprise archive/s],
  ])('rejects %s, and makes nothing', async (how, message) => {
    const { exitCode, error } = await cli(['migrate', '--partition-by', how, ...on('refused')])
    expect({ exitCode, error }).toEqual({
      exitCode: 2,
      error: expect.stringMatching(message) as string,
    })
    expect(await schemas()).not.toContain('refused')
  })
})

describe('reprise init', () => {
  it('writes files that do what migrate does', async () => {
    const target = join(folder, 'a', 'b')
    const first = await cli(['init', target, '--schema', 'by file', '--json'])
    expect(first.exitCode).toBe(0)
    const { written } = JSON.parse(first.out) as { written: ReadonlyArray<string> }
    expect(written[0]).toBe(join(target, '0001_reprise.sql'))
    for (const path of written) await execute(readFileSync(path, 'utf8'))
    expect((await cli(['migrate', ...on('by file')])).out).toMatch(/^Nothing to do/)
  })

  it('leaves files alone that are as they should be', async () => {
    const target = join(folder, 'again')
    await cli(['init', target])
    const second = await cli(['init', target])
    expect(second).toMatchObject({ exitCode: 0, error: '' })
    expect(second.out).toMatch(/^Unchanged: .*0001_reprise.sql\n/)
  })

  it('rejects to overwrite a file that differs, and writes nothing', async () => {
    const target = join(folder, 'differs')
    await cli(['init', target])
    const path = join(target, '0001_reprise.sql')
    writeFileSync(path, 'mine')
    const { exitCode, error } = await cli(['init', target, '--json'])
    expect(exitCode).toBe(1)
    expect(JSON.parse(error)).toMatchObject({ error: { _tag: 'FileDiffers' } })
    expect(error).toContain(path)
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  it('says what is wrong with a folder that cannot be made', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { exitCode, error } = await cli(['init', join(file, 'inside')])
    expect(exitCode).toBe(1)
    expect(error).toMatch(/^reprise: .*not a directory.*\n$/)
  })
})
