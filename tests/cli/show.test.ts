import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { Pool } from 'pg'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import { postgres, type PostgresStore } from '../../src/adapters/postgres/backend'
import { cli } from '../support/cli'
import { appending, counter, newEvent } from '../support/tally'
import { createDatabase, type TestDatabase } from '../support/database'

let database: TestDatabase
let pool: Pool
let store: PostgresStore<unknown>
const at = (...args: ReadonlyArray<string>) => [...args, '--url', database.url]

const add = async (streamId: string, ...data: ReadonlyArray<readonly [string, object]>) => {
  const events = data.map(([type, fields]) => newEvent(type, { ...fields }))
  const result = await store.append({ ...appending(streamId), events })()
  expect(E.isRight(result)).toBe(true)
}

beforeAll(async () => {
  database = await createDatabase()
  await cli(at('migrate'))
  pool = new Pool({ connectionString: database.url })
  store = postgres(connectPool<unknown>(pool)).store
  await add('counter-1', ['Added', { by: 1 }], ['Added', { by: 2 }], ['Added', { by: 3 }])
  await add('counter-bad', ['Added', { by: 1 }], ['Added', { by: 'two' }], ['Vanished', {}])
  await add('note-\u009b31m', ['Written', { text: 'red \u001b[31m, \u009b and \u202e back' }])
  await store.append(appending('counter-long', 1_001))()
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const importModule = async (path: string): Promise<unknown> => {
  expect(path).toBe(join('/application', 'counter.js'))
  return { default: { counter }, unrelated: 1 }
}
const outside = { importModule, folder: '/application' }
const decider = ['--decider', './counter.js']

interface Document {
  readonly streamId: string
  readonly events: ReadonlyArray<Record<string, unknown>>
  readonly next: number | null
  readonly version?: number
  readonly state?: unknown
  readonly stateError?: { readonly _tag: string }
}
const parsed = (text: string): Document => JSON.parse(text) as Document

describe('reprise show', () => {
  it('shows the last n events with --newest, also up to a version', async () => {
    const shown = async (...args: ReadonlyArray<string>) => {
      const { out } = await cli(at('show', 'counter-1', '--json', ...args))
      const { events, next } = parsed(out)
      return [...events.map(({ version }) => version), next]
    }
    expect(await shown('--newest', '2')).toEqual([2, 3, null])
    expect(await shown('--newest', '1', '--at', '2')).toEqual([2, null])
    expect(await shown('--newest', '99')).toEqual([1, 2, 3, null])
    const both = await cli(at('show', 'counter-1', '--newest', '2', '--after', '1'))
    expect(both).toMatchObject({ exitCode: 2, out: '' })
    expect(both.error).toContain('--newest')
  })

  it('shows the events in lines of at most 80 columns', async () => {
    const { exitCode, out, error } = await cli(at('show', 'counter-1'), { columns: 80 })
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' })
    expect(out).toMatch(/^VERSION +POSITION +RECORDED \(UTC\) +TYPE +DATA\n1 +1 +\d{4}-/)
    expect(out).toContain('{"by":3}')
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('gives machines everything that is known of an event', async () => {
    const { out } = await cli(at('show', 'counter-1', '--json'))
    const document = parsed(out)
    expect(document).toMatchObject({ streamId: 'counter-1', next: null })
    expect(document.events).toHaveLength(3)
    expect(document.events[1]).toEqual({
      id: expect.any(String),
      streamId: 'counter-1',
      version: 2,
      position: 2,
      recordedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      type: 'Added',
      schemaVersion: 1,
      data: { by: 2 },
      metadata: {},
    })
  })

  it.each([
    [0, 0, 0],
    [2, 2, 3],
    [99, 3, 6],
  ])('shows events and state at version %i', async (version, events, sum) => {
    const { exitCode, out } = await cli(
      at('show', 'counter-1', '--at', String(version), ...decider, '--json'),
      outside,
    )
    expect(exitCode).toBe(0)
    expect(parsed(out).events).toHaveLength(events)
    expect(parsed(out)).toMatchObject({ version: events, state: { sum } })
  })

  it('shows the state to people below the events', async () => {
    const { out } = await cli(at('show', 'counter-1', ...decider), outside)
    expect(out).toMatch(/\nState at version 3:\n {2}\{ sum: 6 \}\n$/)
  })

  it('replays all events for the state, and shows only the requested ones', async () => {
    const args = at('show', 'counter-1', '--after', '1', '--limit', '1', ...decider, '--json')
    const document = parsed((await cli(args, outside)).out)
    expect(document.events.map(({ version }) => version)).toEqual([2])
    expect(document).toMatchObject({ next: 2, version: 3, state: { sum: 6 } })
  })

  it('shows events that do not decode as such, and does not guess the state', async () => {
    const { exitCode, out, error } = await cli(at('show', 'counter-bad', ...decider), outside)
    expect({ exitCode, error }).toEqual({ exitCode: 1, error: '' })
    expect(out.match(/UNDECODABLE/g)).toHaveLength(2)
    expect(out).toContain('The state at version 3 is unknown: Event 2 of counter-bad')
  })

  it('marks the events that do not decode in JSON', async () => {
    const { out } = await cli(at('show', 'counter-bad', ...decider, '--json'), outside)
    const document = parsed(out)
    expect(document.events.map((event) => 'undecodable' in event)).toEqual([false, true, true])
    expect(document.stateError).toMatchObject({ _tag: 'UndecodableEvent', version: 2 })
    expect(document).not.toHaveProperty('state')
  })

  it('contains an evolve that throws', async () => {
    const evolve = () => {
      throw new Error('no such account')
    }
    const broken = { ...counter, decider: { ...counter.decider, evolve } }
    const { exitCode, out } = await cli(at('show', 'counter-1', ...decider), {
      ...outside,
      importModule: async () => ({ broken }),
    })
    expect(exitCode).toBe(1)
    expect(out).toContain('evolve threw on counter-1 at version 1: no such account')
  })

  it('writes out what would move the cursor or turn the line', async () => {
    const { out } = await cli(at('show', 'note-\u009b31m'))
    expect(out).toContain('\\u001b[31m')
    expect(out).toContain('\\u202e')
    // eslint-disable-next-line no-control-regex -- finding them is the point
    expect(out).not.toMatch(/[\u001b\u009b\u202e]/)
  })

  it('says so when a stream has no events', async () => {
    expect((await cli(at('show', 'counter-none'))).out).toMatch(/\(no events\)\n$/)
    expect(parsed((await cli(at('show', 'counter-none', '--json'))).out).events).toEqual([])
  })

  it('shows a long stream in pages, each event once', async () => {
    const { out } = await cli(at('show', 'counter-long', '--json'))
    expect(parsed(out).events.map(({ version }) => version)).toEqual(
      Array.from({ length: 1_001 }, (_, index) => index + 1),
    )
    const part = await cli(at('show', 'counter-long', '--after', '150', '--limit', '300'))
    expect(part.out).toMatch(/There are more. To continue, add: --after 450\n$/)
    expect(part.out.trim().split('\n')).toHaveLength(302)
  })

  it.each([
    [{}, /exports no category/],
    [{ one: { ...counter, name: 'account' } }, /exports the category account, but counter-1 is of/],
  ])('rejects a module that has no fitting category', async (module, message) => {
    const { exitCode, error } = await cli(at('show', 'counter-1', ...decider), {
      ...outside,
      importModule: async () => module,
    })
    expect(exitCode).toBe(1)
    expect(error).toMatch(message)
  })

  it('says what is wrong with a module that does not load', async () => {
    const { exitCode, error } = await cli(at('show', 'counter-1', '--decider', 'gone.js'))
    expect(exitCode).toBe(1)
    expect(error).toMatch(/^reprise: gone.js cannot be loaded: no module .*gone.js was foreseen\n$/)
  })
})
