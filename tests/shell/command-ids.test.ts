import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { openCategory } from 'reprise'
import { type EventStore, storeFailed } from 'reprise/adapter'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

describe.each(stores)('a command with an id, on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const elsewhere = () => openCategory(counter, { store: at.second })

  it('has its effect once, and is answered the same again', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(100)))
    const first = await right(counters.handleCommand(id, add(1, 2), { commandId: 'c' }))
    await right(counters.handleCommand(id, add(1_000)))
    const here = await right(counters.handleCommand(id, add(1, 2), { commandId: 'c' }))
    const there = await right(elsewhere().handleCommand(id, add(1, 2), { commandId: 'c' }))
    expect(first).toMatchObject({ state: { total: 103 }, version: 3 })
    expect(here).toEqual(first)
    expect(there).toEqual(first)
    expect(await right(counters.load(id))).toMatchObject({ version: 4 })
  })

  it('has its effect once when eight send it at the same time', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const senders = [counters, counters, elsewhere(), elsewhere(), elsewhere(), elsewhere()]
    const answers = await Promise.all(
      [...senders, counters, elsewhere()].map((sender) =>
        right(sender.handleCommand(id, add(7), { commandId: 'c' })),
      ),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 7 }, version: 1 })
  })

  it('is compared by what was sent, if it was made from that', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const sentAs = { add: 1 }
    const first = await right(counters.handleCommand(id, add(1), { commandId: 'c', sentAs }))
    const again = await right(elsewhere().handleCommand(id, add(2), { commandId: 'c', sentAs }))
    expect(again).toEqual(first)
    const other = { commandId: 'c', sentAs: { add: 2 } }
    expect(await left(counters.handleCommand(id, add(1), other))).toMatchObject({
      _tag: 'CommandIdReused',
    })
  })

  it('is answered the same even if it would be rejected by now', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(10)))
    const first = await right(counters.handleCommand(id, add(-10), { commandId: 'c' }))
    for (const sender of [counters, elsewhere()]) {
      expect(await right(sender.handleCommand(id, add(-10), { commandId: 'c' }))).toEqual(first)
    }
  })

  it('is not remembered when it was rejected: it changed nothing', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await left(counters.handleCommand(id, add(-10), { commandId: 'c' }))
    await right(counters.handleCommand(id, add(10)))
    expect(await right(counters.handleCommand(id, add(-10), { commandId: 'c' }))).toMatchObject({
      state: { total: 0 },
    })
  })

  it('is decided again when its twin, still pending, is rejected on an older state', async () => {
    const id = freshId()
    // A slow store: it has read, and its answer is on its way, when the deposit is acknowledged.
    let [isSlow, hasRead, goOn] = [true, () => {}, () => {}]
    const read = new Promise<void>((resolve) => (hasRead = resolve))
    const deposited = new Promise<void>((resolve) => (goOn = resolve))
    const slow: EventStore = {
      ...at.store,
      load: (request) => async () => {
        const loaded = await at.store.load(request)()
        if (!isSlow) return loaded
        isSlow = false
        hasRead()
        await deposited
        return loaded
      },
    }
    const counters = openCategory(counter, { store: slow })
    const first = counters.handleCommand(id, add(-10), { commandId: 'c' })()
    await read
    await right(elsewhere().handleCommand(id, add(10)))
    // Sent after the deposit was acknowledged, while the first one is still at the state before it.
    const twins = [1, 2].map(() => counters.handleCommand(id, add(-10), { commandId: 'c' })())
    goOn()
    expect(await first).toMatchObject({ left: { _tag: 'Rejected', version: 0 } })
    for (const twin of await Promise.all(twins)) {
      expect(twin).toMatchObject({ right: { state: { total: 0 }, version: 2 } })
    }
    expect(await right(elsewhere().load(id))).toMatchObject({ state: { total: 0 }, version: 2 })
  })

  it('is remembered when it had nothing to do', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1)))
    const first = await right(counters.handleCommand(id, add(), { commandId: 'c' }))
    expect(first).toMatchObject({ events: [], version: 1 })
    await right(counters.handleCommand(id, add(1)))
    const again = await right(elsewhere().handleCommand(id, add(), { commandId: 'c' }))
    expect(again).toEqual(first)
  })

  it('may be sent with the same id to another stream', async () => {
    const [counters, one, other] = [openCategory(counter, at), freshId(), freshId()]
    await right(counters.handleCommand(one, add(1), { commandId: 'c' }))
    expect(await right(counters.handleCommand(other, add(1), { commandId: 'c' }))).toMatchObject({
      version: 1,
    })
  })

  it('is answered the same when it was pinned to a version that has passed', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    const options = { commandId: 'c', expectedVersion: 'mustNotExist' } as const
    const first = await right(counters.handleCommand(id, add(1), options))
    for (const sender of [counters, elsewhere()]) {
      expect(await right(sender.handleCommand(id, add(1), options))).toEqual(first)
    }
  })

  describe('sent again with another command', () => {
    const reused = (id: string) => ({
      _tag: 'CommandIdReused',
      streamId: `counter-${id}`,
      commandId: 'c',
    })

    it.each([
      ['gave events', [1, 2]],
      ['had nothing to do', []],
    ])('is rejected when the first %s, wherever it is sent', async (_name, amounts) => {
      const [counters, id] = [openCategory(counter, at), freshId()]
      await right(counters.handleCommand(id, add(1)))
      const first = await right(counters.handleCommand(id, add(...amounts), { commandId: 'c' }))
      for (const sender of [counters, elsewhere(), openCategory(counter, at)]) {
        for (const other of [add(5), add(-1_000)]) {
          expect(await left(sender.handleCommand(id, other, { commandId: 'c' }))).toMatchObject(
            reused(id),
          )
        }
        // The first one is answered as before.
        expect(await right(sender.handleCommand(id, add(...amounts), { commandId: 'c' }))).toEqual(
          first,
        )
      }
      expect(await right(counters.load(id))).toMatchObject({ version: first.version })
    })

    it('is rejected while the first one is pending, whose twins are all answered', async () => {
      const [counters, id] = [openCategory(counter, at), freshId()]
      const [first, twin, other, third, otherTwin] = await Promise.all(
        [add(7), add(7), add(8), add(9), add(8)].map((command) =>
          counters.handleCommand(id, command, { commandId: 'c' })(),
        ),
      )
      expect(twin).toEqual(first)
      expect(first).toMatchObject({ right: { version: 1, state: { total: 7 } } })
      for (const refused of [other, third, otherTwin]) {
        expect(refused).toMatchObject({ left: reused(id) })
      }
      expect(await right(counters.load(id))).toMatchObject({ version: 1 })
    })

    it('is handled when the first one, still under way, is rejected: it changed nothing', async () => {
      const [counters, id] = [openCategory(counter, at), freshId()]
      const [first, other, otherTwin, third] = await Promise.all(
        [add(-7), add(8), add(8), add(9)].map((command) =>
          counters.handleCommand(id, command, { commandId: 'c' })(),
        ),
      )
      expect(first).toMatchObject({ left: { _tag: 'Rejected' } })
      expect(other).toMatchObject({ right: { version: 1, state: { total: 8 } } })
      expect(otherTwin).toEqual(other)
      expect(third).toMatchObject({ left: reused(id) })
    })

    it('is rejected behind others in a shared append, which are stored', async () => {
      const [counters, id] = [openCategory(counter, at), freshId()]
      await right(elsewhere().handleCommand(id, add(1), { commandId: 'c' }))
      await right(counters.load(id))
      const answers = await Promise.all([
        counters.handleCommand(id, add(10))(),
        counters.handleCommand(id, add(100), { commandId: 'c' })(),
        counters.handleCommand(id, add(1_000), { commandId: 'd' })(),
      ])
      expect(answers.map(({ _tag }) => _tag)).toEqual(['Right', 'Left', 'Right'])
      expect(answers[1]).toMatchObject({ left: reused(id) })
      expect(await right(counters.load(id))).toMatchObject({ state: { total: 1_011 } })
    })

    it('takes no notice of the order of keys, nor of keys that are undefined', async () => {
      const [counters, id] = [openCategory(counter, at), freshId()]
      const first = await right(counters.handleCommand(id, add(1), { commandId: 'c' }))
      const turned = { note: undefined, amounts: [1], type: 'Add' } as const
      expect(
        await right(elsewhere().handleCommand(id, turned as never, { commandId: 'c' })),
      ).toEqual(first)
    })

    const hostile = new Proxy(add(1), {
      ownKeys: () => {
        throw new Error('no keys')
      },
      getPrototypeOf: () => Object.prototype,
    })
    const cyclic: Record<string, unknown> = { ...add(1) }
    cyclic['self'] = cyclic

    it.each<[string, object]>([
      ['a function', { ...add(1), run: () => 1 }],
      ['a bigint', { ...add(1), much: 1n }],
      ['a cycle', cyclic],
      ['an instance of a class', { ...add(1), at: new Date() }],
      [
        'a getter that throws',
        Object.defineProperty({ ...add(1) }, 'odd', {
          enumerable: true,
          get: () => {
            throw new Error('odd')
          },
        }),
      ],
      ['a proxy that throws', hostile],
    ])(
      'cannot be noticed for a command with %s, which is handled all the same',
      async (_name, odd) => {
        const counters = openCategory(
          { ...counter, commands: { ...counter.commands, decode: () => E.right(add(1)) } },
          at,
        )
        const id = freshId()
        const options = { commandId: 'c' }
        const answers = await Promise.all(
          [odd, odd].map((command) => right(counters.handleCommand(id, command as never, options))),
        )
        for (const again of [odd, add(1), add(2)]) {
          answers.push(await right(counters.handleCommand(id, again as never, options)))
        }
        for (const answer of answers) expect(answer).toEqual(answers[0])
        expect(await right(counters.load(id))).toMatchObject({ version: 1 })
      },
    )
  })

  it('leaves its neighbours in a shared append alone', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1)))
    const first = await right(elsewhere().handleCommand(id, add(10), { commandId: 'c' }))
    const answers = await Promise.all([
      right(counters.handleCommand(id, add(100))),
      right(counters.handleCommand(id, add(10), { commandId: 'c' })),
      right(counters.handleCommand(id, add(1_000), { commandId: 'd' })),
      right(counters.handleCommand(id, add(10_000))),
    ])
    expect(answers[1]).toEqual(first)
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 11_111 }, version: 5 })
  })

  it('has its effect once when the connection died between commit and answer', async () => {
    const id = freshId()
    let dies = true
    const dying: EventStore = {
      ...at.store,
      append: (request) => {
        if (!dies) return at.store.append(request)
        dies = false
        return async () => {
          await right(at.store.append(request))
          return TE.left(storeFailed('ConnectionLost', 'unknown', new Error('gone')))()
        }
      },
    }
    const counters = openCategory(counter, { store: dying })
    expect(await left(counters.handleCommand(id, add(5), { commandId: 'c' }))).toMatchObject({
      _tag: 'StoreFailed',
      outcome: 'unknown',
    })
    expect(await right(counters.handleCommand(id, add(5), { commandId: 'c' }))).toMatchObject({
      state: { total: 5 },
      version: 1,
    })
    expect(await right(counters.load(id))).toMatchObject({ version: 1 })
  })

  it.each(['', 'x'.repeat(256), 'a\u0000'])(
    'rejects an id that cannot be one (%#)',
    async (commandId) => {
      const [counters, id] = [openCategory(counter, at), freshId()]
      expect(await left(counters.handleCommand(id, add(1), { commandId }))).toMatchObject({
        _tag: 'InvalidAppend',
      })
      expect(await right(counters.load(id))).toMatchObject({ version: 0 })
    },
  )
})
