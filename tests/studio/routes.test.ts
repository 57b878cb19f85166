import { memory } from 'reprise/memory'
import { connectPool, postgres } from 'reprise/postgres'
import type { StudioOptions } from '../../src/studio/environment'
import { Pool } from 'pg'
import { postgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { fill, HOSTILE, studioOn, visit } from './fixture'

interface Subject {
  readonly backend: StudioOptions['backend']
  /** The same store, for a role that may only read. */
  readonly readOnly: StudioOptions['backend']
  readonly close: () => Promise<void>
}

const subjects: ReadonlyArray<readonly [string, () => Promise<Subject>]> = [
  [
    'memory',
    async () => {
      const backend = memory()
      await fill(backend)
      return { backend, readOnly: backend, close: async () => undefined }
    },
  ],
  [
    'PostgreSQL, as a role that may only read',
    async () => {
      const side = await postgresReadSide()
      await fill(side)
      const role = `reader_${new URL(side.url).pathname.slice(1)}`
      await side.pool.query(`create role ${role} login password 'reader'`)
      await side.pool.query(`grant usage on schema reprise to ${role}`)
      await side.pool.query(`grant select on all tables in schema reprise to ${role}`)
      await side.pool.query(`grant select on all sequences in schema reprise to ${role}`)
      const url = new URL(side.url)
      url.username = role
      url.password = 'reader'
      const db = connectPool<Record<string, object>>(
        new Pool({ connectionString: url.href, max: 3 }),
      )
      return {
        backend: side,
        readOnly: postgres(db),
        close: async () => {
          await db.destroy()
          await side.pool.query(`drop owned by ${role}; drop role ${role}`)
          await side.close()
        },
      }
    },
  ],
]

describe.each(subjects)('the studio on %s', (name, open) => {
  let subject: Subject
  let studio: ReturnType<typeof studioOn>
  let operating: ReturnType<typeof studioOn>
  beforeAll(async () => {
    subject = await open()
    studio = studioOn(subject.readOnly)
    operating = studioOn(subject.backend, { operator: 'ada' })
  })
  afterAll(() => subject.close())

  it('lists streams page by page, by category and by the beginning of the id', async () => {
    const page = await studio.get('/api/streams?limit=1')
    expect(page).toMatchObject({ streams: [{ streamId: 'customer-C1', version: 3 }] })
    expect(page).toHaveProperty('next', 'customer-C1')
    const rest = await studio.get('/api/streams?after=customer-C1')
    expect(rest).toEqual({
      streams: [{ streamId: 'customer-C2', version: 1, recordedAt: expect.any(Number) }],
    })
    expect(await studio.get('/api/streams?prefix=customer-C2')).toEqual(rest)
    expect(await studio.get('/api/streams?category=order')).toEqual({ streams: [] })
    expect(await studio.get('/api/categories')).toEqual({ categories: ['customer'], more: false })
  })

  it('shows a stream with the commands of its category, and its newest events first', async () => {
    expect(await studio.get('/api/stream?stream=customer-C1')).toEqual({
      streamId: 'customer-C1',
      version: 3,
      category: 'customer',
      first: 1,
      standing: 'open',
      commands: [
        { type: 'Register', name: '', email: '' },
        { type: 'Visit', note: '' },
      ],
    })
    expect(await studio.get('/api/events?stream=customer-C1&limit=2')).toMatchObject({
      events: [
        { version: 3, data: { value: { note: HOSTILE } } },
        { version: 2, type: 'Visited' },
      ],
      more: true,
    })
    const older = await studio.get('/api/events?stream=customer-C1&before=2')
    expect(older).toMatchObject({ events: [{ version: 1 }], more: false })
  })

  it('hides what may be personal data until it is asked for', async () => {
    const path = '/api/event?stream=customer-C1&version=1'
    expect(await studio.get(path)).toMatchObject({
      data: { value: { name: null, email: null }, hidden: ['/name', '/email'] },
      metadata: { value: { correlationId: 'request-1', actor: null }, hidden: ['/actor'] },
    })
    const revealed = await studio.get(`${path}&reveal=true`)
    expect(revealed).toMatchObject({
      data: { value: { name: 'Ada', email: 'ada@example.org' }, hidden: [] },
      metadata: { value: { actor: 'grace' } },
    })
    const everything = await Promise.all(
      [
        path,
        '/api/events?stream=customer-C1',
        '/api/state?stream=customer-C1&version=1',
        '/api/correlation?id=request-1',
        '/api/tail?after=0',
        '/api/outbox?process=orders',
      ].map(async (one) => JSON.stringify(await studio.get(one))),
    )
    for (const text of everything) expect(text).not.toMatch(/Ada|ada@|grace|a@b\.c/)
  })

  it('replays a state at every version, with what the last event has changed', async () => {
    const at = (version: number) =>
      studio.get(`/api/state?stream=customer-C1&version=${version}&reveal=true`)
    expect(await at(0)).toMatchObject({
      state: { _tag: 'Known', state: { value: { name: '', visits: 0, seen: [] } }, changes: [] },
    })
    expect(await at(1)).toMatchObject({
      state: {
        state: { value: { name: 'Ada' } },
        changes: [{ path: ['name'], before: { value: '' }, after: { value: 'Ada' } }],
      },
    })
    expect(await at(2)).toMatchObject({
      state: {
        state: { value: { visits: 1, seen: ['hello'] } },
        changes: [
          { path: ['visits'], before: { value: 0 }, after: { value: 1 } },
          { path: ['seen', '0'], after: { value: 'hello' } },
        ],
      },
    })
    expect((await studio.send('/api/state?stream=customer-C1&version=4')).status).toBe(404)
    expect(await studio.get('/api/state?stream=order-1&version=0')).toEqual({
      version: 0,
      state: { _tag: 'NoDecider' },
    })
  })

  it('decides a command again at a version, and stores nothing', async () => {
    const decide = (version: number, command: unknown) =>
      studio.post('/api/decide', { stream: 'customer-C1', version, command })
    expect(await decide(0, visit('again'))).toMatchObject({
      _tag: 'Rejected',
      rejection: { value: { _tag: 'Unknown' } },
    })
    expect(await decide(1, visit('again'))).toMatchObject({
      _tag: 'Accepted',
      events: [{ type: 'Visited', data: { value: { note: 'again' } } }],
      changes: [{ path: ['visits'] }, { path: ['seen', '0'] }],
    })
    expect(await decide(1, { type: 'Leave' })).toMatchObject({
      _tag: 'Failed',
      error: 'InvalidCommand',
      message: expect.stringContaining('Register, Visit'),
    })
    expect(await right(subject.backend.store.version('customer-C1'))).toBe(3)
  })

  it('follows a correlation id across streams, in the order of the store', async () => {
    const found = await studio.get('/api/correlation?id=request-1')
    expect(found).toMatchObject({
      events: [
        { streamId: 'customer-C1', correlationId: 'request-1' },
        { streamId: 'customer-C2', causationId: expect.any(String) },
      ],
      more: false,
    })
    expect(await studio.get('/api/correlation?id=nobody')).toEqual({ events: [], more: false })
  })

  it('gives what was stored after a position, and how far that is', async () => {
    const all = await studio.get('/api/tail')
    expect(all).toMatchObject({ events: [{}, {}, {}, { streamId: 'customer-C2' }] })
    const { upTo } = all as { readonly upTo: number }
    expect(await studio.get(`/api/tail?after=${upTo}`)).toEqual({ events: [], upTo })
  })

  it('shows subscriptions, what they hold, and what process managers wait for', async () => {
    expect(await studio.get('/api/subscriptions')).toMatchObject({
      partitions: [
        { subscription: 'mails', state: 'running', parked: 1, reads: 'everything' },
        { subscription: 'process:orders', process: 'orders', parkedCommands: 1 },
      ],
    })
    const held = await studio.get('/api/held?subscription=mails')
    expect(held).toMatchObject({
      events: [{ streamId: 'customer-C2', failure: { message: 'no such mailbox' } }],
      more: false,
    })
    const outbox = await studio.get('/api/outbox?process=orders')
    expect(outbox).toMatchObject({
      commands: [
        { id: 'order-1', parked: true, command: { value: { email: null }, hidden: ['/email'] } },
        { id: 'order-2', parked: false, timer: 'reminder' },
      ],
    })
    expect(JSON.stringify([held, outbox])).not.toContain('secret.ts')
    expect(await studio.get('/api/projections')).toMatchObject({ projections: [] })
  })

  it('refuses to change anything unless it was permitted', async () => {
    const content = { action: 'skip', subject: 'mails', positions: [4] }
    const refused = await studio.postRaw('/api/operate', content)
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'read-only' }])
    expect(await studio.get('/api/audit')).toEqual({ entries: [] })
    if (name === 'memory') return
    const fooled = await studioOn(subject.readOnly, { operator: 'eve' }).postRaw(
      '/api/operate',
      content,
    )
    expect(fooled.status).toBe(503)
    expect(await fooled.text()).not.toMatch(/ at .*\.ts/)
  })

  it('retries and skips with the name of the operator in the audit', async () => {
    const held = await studio.get('/api/held?subscription=mails')
    const { events } = held as { readonly events: ReadonlyArray<{ readonly position: number }> }
    const positions = events.map(({ position }) => position)
    const done = await operating.post('/api/operate', {
      ...{ action: 'skip', subject: 'mails', positions, reason: 'a test account' },
    })
    expect(done).toEqual({ message: '1 item skipped.' })
    await operating.post('/api/operate', {
      ...{ action: 'retry', subject: 'process:orders', commands: ['order-1'] },
    })
    const missing = await operating.postRaw('/api/operate', { action: 'resume', subject: 'mials' })
    expect(missing.status).toBe(404)
    expect(await studio.get('/api/held?subscription=mails')).toMatchObject({
      events: [{ decision: 'skip' }],
    })
    expect(await operating.get('/api/audit')).toMatchObject({
      entries: [
        { operator: 'ada', action: 'resume', subject: 'mials', outcome: 'failed' },
        { action: 'retry', subject: 'process:orders', outcome: 'done' },
        {
          operator: 'ada',
          action: 'skip',
          subject: 'mails',
          detail: { positions, reason: 'a test account' },
          outcome: 'done',
        },
      ],
    })
  })
})
