import { Pool } from 'pg'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import { postgres } from '../../src/adapters/postgres/backend'
import { cli } from '../support/cli'
import { appending } from '../support/tally'
import { createDatabase, type TestDatabase } from '../support/database'

let database: TestDatabase
const at = (...args: ReadonlyArray<string>) => [...args, '--url', database.url]
const many = Array.from({ length: 1_003 }, (_, index) => `many-${String(index).padStart(5, '0')}`)

beforeAll(async () => {
  database = await createDatabase()
  await cli(at('migrate'))
  const pool = new Pool({ connectionString: database.url })
  const store = postgres(connectPool<unknown>(pool)).store
  await store.append(appending('account-A1', 3))()
  await store.append(appending('accounting-1'))()
  await store.append(appending('account-B2'))()
  await Promise.all(many.map((streamId) => store.append(appending(streamId))()))
  await pool.end()
})
afterAll(() => database.drop())

interface Document {
  readonly streams: ReadonlyArray<{ readonly streamId: string; readonly version: number }>
  readonly next: string | null
}
const listed = async (...args: ReadonlyArray<string>): Promise<Document> =>
  JSON.parse((await cli(at('streams', '--json', ...args))).out) as Document

describe('reprise streams', () => {
  it('lists one category with versions and times', async () => {
    const { streams, next } = await listed('--category', 'account')
    expect(next).toBeNull()
    expect(streams).toEqual([
      { streamId: 'account-A1', version: 3, recordedAt: expect.stringMatching(/Z$/) },
      { streamId: 'account-B2', version: 1, recordedAt: expect.stringMatching(/Z$/) },
    ])
  })

  it('lists all of them, however many pages they fill', async () => {
    const { streams } = await listed()
    expect(streams.map(({ streamId }) => streamId)).toEqual([
      'account-A1',
      'account-B2',
      'accounting-1',
      ...many,
    ])
  })

  it('stops at the limit and says where to continue', async () => {
    const first = await listed('--limit', '2')
    expect(first.next).toBe('account-B2')
    const second = await listed('--limit', '1', '--after', 'account-B2')
    expect(second).toMatchObject({ streams: [{ streamId: 'accounting-1' }] })
    expect((await cli(at('streams', '--limit', '2'))).out).toMatch(
      /There are more. To continue, add: --after account-B2\n$/,
    )
  })

  it('keeps one line for each stream when it is piped', async () => {
    const { out } = await cli(at('streams', '--category', 'many'))
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^VERSION +LAST EVENT \(UTC\) +STREAM$/)
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).at(-1))).toEqual(many)
  })

  it('says so when there is none', async () => {
    expect((await cli(at('streams', '--category', 'none'))).out).toMatch(/\(no streams\)\n$/)
    expect(await listed('--category', 'none')).toEqual({ streams: [], next: null })
  })
})
