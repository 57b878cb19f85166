import { openCategory } from 'reprise'
import { memory } from 'reprise/memory'
import { postgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import type { StudioOptions } from '../../src/studio/environment'
import { customers, register, studioOn, visit } from './fixture'

const who = { by: 'grace', why: 'ticket 4711' }

/** Three streams of four events: one is closed, one is closed and archived, one begins with a summary at version 3. */
const endStreams = async (backend: ReturnType<typeof memory>): Promise<void> => {
  const desk = openCategory(customers, backend)
  for (const id of ['closed', 'archived', 'cut']) {
    await right(desk.handleCommand(id, register))
    for (const note of ['1', '2', '3']) await right(desk.handleCommand(id, visit(note)))
  }
  const { operator } = backend
  for (const id of ['closed', 'archived']) {
    await right(operator.closeStream({ streamId: `customer-${id}`, ...who }))
  }
  await right(operator.archive({ streams: ['customer-archived'], tagged: 'refuse', ...who }))
  const encoded = customers.events.encode({ ...register, name: 'Summary', type: 'Registered' })
  if (encoded._tag === 'Left') throw new Error('it cannot be encoded')
  const summary = { ...encoded.right, id: crypto.randomUUID(), metadata: {} }
  await right(operator.truncateStream({ streamId: 'customer-cut', upTo: 3, summary, ...who }))
}

const subjects: ReadonlyArray<
  readonly [string, () => Promise<StudioOptions['backend'] & { close(): Promise<unknown> }>]
> = [
  [
    'memory',
    async () => {
      const backend = memory()
      await endStreams(backend)
      return { ...backend, close: async () => undefined }
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const side = await postgresReadSide()
      await endStreams(side as unknown as ReturnType<typeof memory>)
      return side
    },
  ],
]

describe.each(subjects)('streams that have ended, in the studio on %s', (_name, open) => {
  let backend: Awaited<ReturnType<typeof open>>
  let studio: ReturnType<typeof studioOn>
  beforeAll(async () => {
    backend = await open()
    studio = studioOn(backend)
  })
  afterAll(() => backend.close())

  const stateAt = (id: string, version: number) =>
    studio.get(`/api/state?stream=customer-${id}&version=${version}&reveal=true`)

  it('shows that a stream is closed or archived, with its events, and its state at every version', async () => {
    for (const id of ['closed', 'archived']) {
      expect(await studio.get(`/api/stream?stream=customer-${id}`)).toMatchObject({
        version: 4,
        first: 1,
        standing: id,
      })
      expect(await studio.get(`/api/events?stream=customer-${id}`)).toMatchObject({
        events: [{ version: 4 }, { version: 3 }, { version: 2 }, { version: 1 }],
        more: false,
      })
      for (const version of [1, 2, 3, 4]) {
        expect(await stateAt(id, version)).toMatchObject({
          state: { _tag: 'Known', state: { value: { name: 'Ada', visits: version - 1 } } },
        })
      }
    }
    const { streams } = (await studio.get('/api/streams')) as {
      readonly streams: ReadonlyArray<{ readonly streamId: string; readonly version: number }>
    }
    expect(streams.map(({ streamId, version }) => [streamId, version])).toEqual([
      ['customer-closed', 4],
      ['customer-cut', 4],
    ])
  })

  it('shows a stream from its summary on, and says why there is no state before it', async () => {
    expect(await studio.get('/api/stream?stream=customer-cut')).toMatchObject({
      version: 4,
      first: 3,
      standing: 'open',
    })
    expect(await studio.get('/api/events?stream=customer-cut')).toMatchObject({
      events: [{ version: 4 }, { version: 3, metadata: { value: { beginning: true } } }],
      more: false,
    })
    expect(await stateAt('cut', 3)).toMatchObject({
      state: {
        _tag: 'Known',
        state: { value: { name: 'Summary', visits: 0 } },
        changes: [{ path: ['name'], before: { value: '' }, after: { value: 'Summary' } }],
      },
    })
    expect(await stateAt('cut', 4)).toMatchObject({
      state: { _tag: 'Known', state: { value: { name: 'Summary', visits: 1 } } },
    })
    for (const version of [1, 2]) {
      expect(await stateAt('cut', version)).toMatchObject({
        state: { _tag: 'Unknown', reason: expect.stringContaining('its first event is version 3') },
      })
    }
    const decided = { stream: 'customer-cut', version: 2, command: visit('again') }
    expect(await studio.post('/api/decide', decided)).toMatchObject({
      _tag: 'Failed',
      message: expect.stringContaining('its first event is version 3'),
    })
    expect((await studio.send('/api/state?stream=customer-cut&version=5')).status).toBe(404)
  })
})
