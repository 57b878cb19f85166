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

  it('is remembered when it had nothing to do', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1)))
    const first = await right(counters.handleCommand(id, add(), { commandId: 'c' }))
    expect(first).toMatchObject({ events: [], version: 1 })
    await right(counters.handleCommand(id, add(1)))
    const again = await right(elsewhere().handleCommand(id, add(5), { commandId: 'c' }))
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
