import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

describe.each(stores)('handleCommand on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const stored = async (id: string) =>
    (await right(at.second.read(`counter-${id}`, { after: 0, limit: 1_000 }))).events

  it('answers with the events, the new state and the version', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const first = await right(counters.handleCommand(id, add(1, 2)))
    expect(first).toMatchObject({ state: { total: 3, events: 2 }, version: 2 })
    expect(first.events).toMatchObject([
      { streamId: `counter-${id}`, version: 1, event: { type: 'Added', amount: 1 } },
      { streamId: `counter-${id}`, version: 2, event: { type: 'Added', amount: 2 } },
    ])
    const second = await right(counters.handleCommand(id, add(4)))
    expect(second).toMatchObject({ state: { total: 7, events: 3 }, version: 3 })
    expect(second.events[0]?.position).toBeGreaterThan(first.events[1]?.position ?? Infinity)
  })

  it('answers with the events exactly as they are read back', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const { events } = await right(counters.handleCommand(id, add(1, 2)))
    const read = await stored(id)
    expect(events.map(({ event: _event, ...recorded }) => recorded)).toEqual(
      read.map(({ type: _type, schemaVersion: _version, data: _data, ...recorded }) => recorded),
    )
  })

  it('returns the keys of data and metadata in one order, the same in every store', async () => {
    const id = `order-${freshId()}`
    const jumbled = {
      bbb: 1,
      ä: 2,
      zz: 3,
      a: { '10': 1, d: [{ y: 1, x: 2 }], '2': 2, c: 0 },
      aa: 4,
    }
    const event = { id: randomUUID(), type: 'Happened', schemaVersion: 1 }
    await right(
      at.store.append({
        streamId: id,
        expectedVersion: 'any',
        events: [{ ...event, data: jumbled, metadata: { extra: jumbled, actor: 'Ada' } }],
        commands: [],
      }),
    )
    const inOrder = '{"a":{"2":2,"10":1,"c":0,"d":[{"x":2,"y":1}]},"aa":4,"zz":3,"ä":2,"bbb":1}'
    const { events } = await right(at.store.read(id, { after: 0, limit: 1 }))
    const { events: elsewhere } = await right(at.second.readAll({ after: 0, limit: 1_000 }))
    for (const read of [events[0], elsewhere.find(({ streamId }) => streamId === id)]) {
      expect(JSON.stringify(read?.data)).toBe(inOrder)
      expect(JSON.stringify(read?.metadata)).toBe(`{"actor":"Ada","extra":${inOrder}}`)
    }
  })

  it('stores the events of one command in the order in which they were decided', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1, 2, 3)))
    expect((await stored(id)).map(({ data }) => data)).toEqual([
      { amount: 1 },
      { amount: 2 },
      { amount: 3 },
    ])
  })

  it('rejects a command that does not fit its codec, before anything is read', async () => {
    const reads: string[] = []
    const counters = openCategory(counter, {
      store: {
        ...at.store,
        load: (request) => {
          reads.push(request.streamId)
          return at.store.load(request)
        },
      },
    })
    const wrong: unknown = { type: 'Add', amounts: [1, 'two'] }
    // @ts-expect-error -- a command from outside
    expect(await left(counters.handleCommand('1', wrong))).toMatchObject({
      _tag: 'InvalidCommand',
      issues: [{ path: 'amounts.1' }],
    })
    const unknownType: unknown = { type: 'Subtract' }
    // @ts-expect-error -- a command from outside
    expect(await left(counters.handleCommand('1', unknownType))).toMatchObject({
      _tag: 'InvalidCommand',
      issues: [{ path: 'type' }],
    })
    expect(reads).toEqual([])
  })

  it.each(['', 'x'.repeat(10_000), 'a\u0000b', 'a\nb'])(
    'rejects a stream id that cannot be one (%#)',
    async (id) => {
      const counters = openCategory(counter, at)
      expect(await left(counters.handleCommand(id, add(1)))).toMatchObject({
        _tag: 'InvalidStreamId',
      })
      expect(await left(counters.load(id))).toMatchObject({ _tag: 'InvalidStreamId' })
    },
  )

  it('stores nothing when the command is rejected, and continues afterwards', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(5)))
    expect(await left(counters.handleCommand(id, add(-6)))).toMatchObject({
      _tag: 'Rejected',
      rejection: { _tag: 'BelowZero', total: 5 },
      version: 1,
    })
    expect(await right(counters.handleCommand(id, add(-5)))).toMatchObject({ version: 2 })
    expect(await stored(id)).toHaveLength(2)
  })

  it('does not reject on an old state in memory', async () => {
    const [counters, elsewhere, id] = [
      openCategory(counter, at),
      openCategory(counter, { store: at.second }),
      freshId(),
    ]
    await right(counters.handleCommand(id, add(1)))
    await right(elsewhere.handleCommand(id, add(9)))
    expect(await right(counters.handleCommand(id, add(-10)))).toMatchObject({
      state: { total: 0 },
      version: 3,
    })
  })

  it('does nothing when nothing is decided', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    expect(await right(counters.handleCommand(id, add()))).toEqual({
      events: [],
      state: { total: 0, events: 0 },
      version: 0,
    })
    await right(counters.handleCommand(id, add(1)))
    expect(await right(counters.handleCommand(id, add()))).toMatchObject({ version: 1 })
    expect(await stored(id)).toHaveLength(1)
  })

  it('keeps what is said along with a command', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const metadata = { actor: 'ada', causationId: 'c', extra: { tenant: 't1' } }
    const { events } = await right(
      counters.handleCommand(id, add(1, 2), { commandId: `cmd-${id}`, metadata }),
    )
    const expected = { ...metadata, commandId: `cmd-${id}`, correlationId: `cmd-${id}` }
    expect(events.map((event) => event.metadata)).toEqual([expected, expected])
    expect((await stored(id)).map((event) => event.metadata)).toEqual([expected, expected])
  })

  describe('with code of the caller that misbehaves', () => {
    const throwing = (during: 'decide' | 'evolve') => ({
      ...counter,
      decider: {
        ...counter.decider,
        [during]: () => {
          throw new Error(`${during} is broken`)
        },
      },
    })

    it.each(['decide', 'evolve'] as const)(
      'answers with a typed error when %s throws, and stores nothing',
      async (during) => {
        const [broken, id] = [openCategory(throwing(during), at), freshId()]
        expect(await left(broken.handleCommand(id, add(1)))).toMatchObject({
          _tag: 'DeciderThrew',
          during,
          version: 0,
          cause: { message: `${during} is broken` },
        })
        expect(await stored(id)).toEqual([])
        const healthy = openCategory(counter, at)
        expect(await right(healthy.handleCommand(id, add(1)))).toMatchObject({ version: 1 })
      },
    )

    it('answers with a typed error when decide gives no decision at all', async () => {
      const nothing: unknown = undefined
      const broken = openCategory(
        // @ts-expect-error -- a decider in plain JavaScript
        { ...counter, decider: { ...counter.decider, decide: () => nothing } },
        at,
      )
      expect(await left(broken.handleCommand(freshId(), add(1)))).toMatchObject({
        _tag: 'DeciderThrew',
        during: 'decide',
      })
    })

    it.each([
      ['NaN', Number.NaN],
      ['Infinity', Infinity],
      ['a bigint', 10n],
      ['undefined', undefined],
      ['text', 'one'],
    ])(
      'answers with the path when an event holds %s, and stores nothing',
      async (_what, amount) => {
        const misfit: unknown = { type: 'Added', amount }
        const broken = openCategory(
          {
            ...counter,
            // @ts-expect-error -- a decider that the compiler has not seen
            decider: { ...counter.decider, decide: () => E.right([misfit]) },
          },
          at,
        )
        const id = freshId()
        expect(await left(broken.handleCommand(id, add(1)))).toMatchObject({
          _tag: 'UnencodableEvent',
          type: 'Added',
          index: 0,
          issues: [{ path: 'amount' }],
        })
        expect(await stored(id)).toEqual([])
      },
    )
  })

  describe('on a stream with an event that cannot be decoded', () => {
    const poisoned = async (type: string, data: { readonly amount: string | number }) => {
      const id = freshId()
      const event = { id: crypto.randomUUID(), type, schemaVersion: 1, data, metadata: {} }
      const streamId = `counter-${id}`
      await right(at.store.append({ streamId, expectedVersion: 0, events: [event], commands: [] }))
      return id
    }

    it('names the stream, the version, the position and the path', async () => {
      const [counters, id] = [openCategory(counter, at), await poisoned('Added', { amount: 'x' })]
      const error = await left(counters.handleCommand(id, add(1)))
      expect(error).toMatchObject({
        _tag: 'UndecodableEvent',
        streamId: `counter-${id}`,
        version: 1,
        type: 'Added',
        issues: [{ path: 'amount' }],
      })
      expect(error.message).toContain(`counter-${id}`)
      expect(await stored(id)).toHaveLength(1)
    })

    it('names an event type that it does not know', async () => {
      const [counters, id] = [openCategory(counter, at), await poisoned('Removed', { amount: 1 })]
      expect(await left(counters.handleCommand(id, add(1)))).toMatchObject({
        _tag: 'UndecodableEvent',
        type: 'Removed',
        issues: [{ path: 'type' }],
      })
    })
  })
})
