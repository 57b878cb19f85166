import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import {
  type Category,
  type CategoryOptions,
  type CommandOptions,
  type Notice,
  openCategory,
} from '../../src/index'
import { storeFailed } from '../../src/adapter'
import { commandCodec, eventCodec, eventType } from '../../src/codec'
import type { EventStore } from '../../src/core/ports/event-store'
import { memory } from '../../src/memory'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

// A basket whose state holds what its events and commands hold: lists, records, a map and a set.

const Item = t.strict({ sku: t.string, count: t.number })
const Put = t.strict({ type: t.literal('Put'), items: t.array(Item) })
const Take = t.strict({ type: t.literal('Take'), count: t.number })
const ItemsPut = t.strict({ type: t.literal('ItemsPut'), items: t.array(Item) })
const Taken = t.strict({ type: t.literal('Taken'), count: t.number })

type Command = t.TypeOf<typeof Put> | t.TypeOf<typeof Take>
type Event = t.TypeOf<typeof ItemsPut> | t.TypeOf<typeof Taken>
interface Basket {
  left: number
  items: t.TypeOf<typeof Item>[]
  counts: Map<string, { total: number }>
  skus: Set<string>
}

const basket: Category<Command, Basket, Event, 'TooFew'> = {
  name: 'basket',
  decider: {
    initialState: { left: 0, items: [], counts: new Map(), skus: new Set() },
    decide: (command, state) => {
      if (command.type === 'Put') return E.right([{ type: 'ItemsPut', items: command.items }])
      const inItems = state.items.reduce((sum, { count }) => sum + count, 0)
      const inCounts = [...state.counts.values()].reduce((sum, { total }) => sum + total, 0)
      const most = Math.max(state.left, inItems, inCounts, state.skus.size)
      return command.count > most
        ? E.left('TooFew')
        : E.right([{ type: 'Taken', count: command.count }])
    },
    evolve: (state, event) => {
      if (event.type === 'Taken') return { ...state, left: state.left - event.count }
      const counts = new Map(state.counts)
      for (const { sku, count } of event.items) {
        counts.set(sku, { total: (counts.get(sku)?.total ?? 0) + count })
      }
      return {
        left: state.left + event.items.reduce((sum, { count }) => sum + count, 0),
        items: [...state.items, ...event.items],
        counts,
        skus: new Set([...state.skus, ...event.items.map(({ sku }) => sku)]),
      }
    },
  },
  commands: commandCodec<Command>({ Put, Take }),
  events: eventCodec<Event>({ ItemsPut: eventType(ItemsPut), Taken: eventType(Taken) }),
}

const memoryStore = (): EventStore => memory().store

const put = (count: number): Command => ({ type: 'Put', items: [{ sku: 'tea', count }] })
const take = (count: number): Command => ({ type: 'Take', count })

/** What a careless caller may do to anything it was given; what is frozen stays. */
const spoil = (state: Basket): void => {
  const attempts: ReadonlyArray<() => void> = [
    () => (state.left = 5_000),
    () => state.items.push({ sku: 'gold', count: 5_000 }),
    () => (state.items[0]!.count = 5_000),
    () => (state.counts.get('tea')!.total = 5_000),
    () => state.counts.set('gold', { total: 5_000 }),
    () => state.counts.delete('tea'),
    () => state.counts.clear(),
    () => {
      for (let index = 0; index < 5_000; index++) state.skus.add(String(index))
    },
  ]
  for (const attempt of attempts) {
    try {
      attempt()
    } catch {
      // Frozen: that is what is wanted.
    }
  }
}

const takesTooMany = async (
  baskets: ReturnType<typeof openCategory<Command, Basket, Event, 'TooFew'>>,
  id: string,
): Promise<void> => {
  expect(await left(baskets.handleCommand(id, take(5_000)))).toMatchObject({ _tag: 'Rejected' })
  expect(await right(baskets.handleCommand(id, take(1)))).toMatchObject({ version: 2 })
}

describe('a state in memory', () => {
  it('is out of the reach of a caller that changes the answer to a command', async () => {
    const [baskets, id] = [openCategory(basket, { store: memoryStore() }), freshId()]
    const { state, events } = await right(baskets.handleCommand(id, put(100)))
    spoil(state)
    for (const { event } of events) {
      if (event.type === 'ItemsPut') expect(() => (event.items[0]!.count = 5_000)).toThrow()
    }
    await takesTooMany(baskets, id)
  })

  it.each(['load', 'cached'] as const)(
    'is out of the reach of a caller that changes what %s answers',
    async (read) => {
      const [baskets, id] = [openCategory(basket, { store: memoryStore() }), freshId()]
      await right(baskets.handleCommand(id, put(100)))
      spoil((await right(baskets[read](id))).state)
      spoil((await right(baskets[read](id))).state)
      await takesTooMany(baskets, id)
    },
  )

  it('is out of the reach of a caller that changes the answer to a command without events', async () => {
    const baskets = openCategory(
      { ...basket, decider: { ...basket.decider, decide: () => E.right([]) } },
      { store: memoryStore() },
    )
    const id = freshId()
    spoil((await right(baskets.handleCommand(id, take(1)))).state)
    expect((await right(baskets.cached(id))).state).toEqual(basket.decider.initialState)
    expect((await right(baskets.load(freshId()))).state).toMatchObject({ left: 0, items: [] })
  })

  it.each([{}, { commandId: 'one' }])(
    'is out of the reach of a caller that changes the answer to a first command without events (%j)',
    async (options) => {
      const counters = openCategory(counter, memory())
      const id = freshId()
      const answer = await right(counters.handleCommand(id, add(), options))
      Reflect.set(answer.state, 'total', 5_000)
      expect((await right(counters.load(freshId()))).state).toEqual({ total: 0, events: 0 })
      expect((await right(counters.handleCommand(id, add(1)))).state).toEqual({
        total: 1,
        events: 1,
      })
    },
  )

  it('is out of the reach of a caller that changes what another one is answered under the same id', async () => {
    const counters = openCategory(counter, memory())
    const id = freshId()
    const spoilt: number[] = []
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const answer = await right(counters.handleCommand(id, add(1), { commandId: 'one' }))
        spoilt.push(answer.state.total)
        Reflect.set(answer.state, 'total', 5_000)
        Reflect.set(answer.events[0]!.event, 'amount', 5_000)
        return answer
      }),
    )
    expect(spoilt).toEqual([1, 1, 1])
    expect(new Set(answers.map(({ state }) => state)).size).toBe(3)
    expect(new Set(answers.map(({ events }) => events[0]!.event)).size).toBe(3)
  })

  it('is out of the reach of a caller that changes its command afterwards', async () => {
    const [baskets, id] = [openCategory(basket, { store: memoryStore() }), freshId()]
    const command = { type: 'Put' as const, items: [{ sku: 'tea', count: 100 }] }
    await right(baskets.handleCommand(id, command))
    command.items[0]!.count = 5_000
    command.items.push({ sku: 'gold', count: 5_000 })
    await takesTooMany(baskets, id)
  })

  it('leaves the instances of classes in a state as they are', async () => {
    const made = new Date(7)
    const dated = openCategory(
      {
        ...counter,
        decider: {
          ...counter.decider,
          initialState: { total: 0, events: 0, made },
          evolve: (state: { total: number; events: number; made: Date }) => ({ ...state }),
        },
      } as unknown as typeof counter,
      { store: memoryStore() },
    )
    const id = freshId()
    await right(dated.handleCommand(id, add(1)))
    expect((await right(dated.cached(id))).state).toMatchObject({ made })
  })
})

// Whatever a decider gives, and whatever its codec makes of it: what is remembered is what is stored.

class Lines extends Array<number> {}

interface Happened {
  readonly type: 'Happened'
  readonly what: unknown
}

/** A category whose state is everything that was read of its events; the codec takes `what` as it says. */
const remembering = (what: t.Mixed, given: () => object) => {
  const Record = t.strict({ type: t.literal('Do') })
  const category: Category<t.TypeOf<typeof Record>, { seen: unknown[] }, Happened, never> = {
    name: 'remembering',
    decider: {
      initialState: { seen: [] },
      decide: () => E.right([{ type: 'Happened', ...given() } as Happened]),
      evolve: ({ seen }, event) => ({ seen: [...seen, { ...event }] }),
    },
    commands: commandCodec<t.TypeOf<typeof Record>>({ Do: Record }),
    events: eventCodec<Happened>({
      Happened: eventType(
        t.strict({ type: t.literal('Happened'), what }) as unknown as t.Type<Happened, unknown>,
      ),
    }),
  }
  return category
}

/** Takes whatever is there when it is asked what it is, and only text when it reads. */
const loose = new t.Type<unknown, unknown>(
  'loose',
  (_value): _value is unknown => true,
  (value, context) => (typeof value === 'string' ? t.success(value) : t.failure(value, context)),
  t.identity,
)
const date = new t.Type<Date, string>(
  'date',
  (value): value is Date => value instanceof Date,
  (value, context) =>
    typeof value === 'string' ? t.success(new Date(value)) : t.failure(value, context),
  (value) => value.toISOString(),
)
const rounding = new t.Type<number, number>(
  'rounding',
  t.number.is,
  (value, context) =>
    typeof value === 'number' ? t.success(Math.round(value)) : t.failure(value, context),
  t.identity,
)
const secret = { more: 1 }
Object.defineProperty(secret, 'toJSON', { value: () => ({ more: 'changed' }) })
const fickle = () => {
  let looks = 0
  return new Proxy({ more: 0 }, { get: (_target, key) => (key === 'more' ? looks++ : undefined) })
}
const getting = () => {
  let looks = 0
  return {
    get more() {
      return looks++
    },
  }
}

describe.each(stores)('the state after a command, on %s', (_name, open) => {
  let at: StoreUnderTest
  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  it.each<readonly [string, t.Mixed, () => object]>([
    ['a key that t.strict strips', t.number, () => ({ what: 1, more: 'gone' })],
    [
      'a key that t.strict strips inside',
      t.strict({ a: t.number }),
      () => ({ what: { a: 1, more: 'gone' } }),
    ],
    ['a key that t.type keeps', t.type({ a: t.number }), () => ({ what: { a: 1, more: 'kept' } })],
    ['a hidden toJSON', t.UnknownRecord, () => ({ what: secret })],
    ['a toJSON of its own', t.unknown, () => ({ what: { toJSON: () => 'other' } })],
    ['a subclass of an array', t.array(t.number), () => ({ what: Lines.from([1, 2]) })],
    ['a proxy that looks different at every look', t.UnknownRecord, () => ({ what: fickle() })],
    ['a getter that does', t.UnknownRecord, () => ({ what: getting() })],
    ['a codec that says yes to more than it reads', loose, () => ({ what: 7 })],
    ['a codec that says yes to more than it reads, and reads this', loose, () => ({ what: 'a' })],
    ['a codec that rounds what it reads', rounding, () => ({ what: 1.5 })],
    ['-0', t.number, () => ({ what: -0 })],
    ['-0 in anything', t.unknown, () => ({ what: [-0, { a: -0 }] })],
    ['NaN', t.number, () => ({ what: NaN })],
    ['Infinity in anything', t.unknown, () => ({ what: [Infinity] })],
    ['a date that is encoded', date, () => ({ what: new Date(7) })],
    ['a date that is not', t.unknown, () => ({ what: new Date(7) })],
    ['a field that is undefined', t.union([t.number, t.undefined]), () => ({ what: undefined })],
    ['an inner field that is undefined', t.unknown, () => ({ what: { a: undefined, b: 1 } })],
    ['a hole in a list', t.unknown, () => ({ what: new Array(2) })],
    ['keys in another order', t.unknown, () => ({ what: { bb: 1, a: { d: 1, c: 2 } } })],
    ['a key named __proto__', t.unknown, () => ({ what: JSON.parse('{"__proto__":{"a":1}}') })],
    ['an object without a prototype', t.unknown, () => ({ what: Object.create(null) as object })],
    ['a lone surrogate', t.string, () => ({ what: '\ud800' })],
  ])('equals the state after a reload, with %s', async (_case, what, given) => {
    const category = remembering(what, given)
    const [here, id] = [openCategory(category, at), freshId()]
    const first = await here.handleCommand(id, { type: 'Do' }, { commandId: 'c' })()
    const elsewhere = () => openCategory(category, { store: at.second })
    if (E.isLeft(first)) {
      // Refused as a whole: never is something stored that cannot be read.
      expect(first.left._tag).toBe('UnencodableEvent')
      expect(await right(elsewhere().load(id))).toEqual({ state: { seen: [] }, version: 0 })
      return
    }
    // Strictly, which tells -0, undefined and prototypes. The order of keys is no part of a state.
    const { state, version } = first.right
    const reloaded = await right(elsewhere().load(id))
    expect(reloaded).toStrictEqual({ state, version })
    expect(await right(here.cached(id))).toStrictEqual(reloaded)
    expect(
      await right(elsewhere().handleCommand(id, { type: 'Do' }, { commandId: 'c' })),
    ).toStrictEqual(first.right)
    expect(await right(here.handleCommand(id, { type: 'Do' }, { commandId: 'c' }))).toStrictEqual(
      first.right,
    )
  })
})

describe('a command that waits', () => {
  it('is carried out as it was validated, whatever its caller does to it', async () => {
    const [counters, id] = [openCategory(counter, { store: memoryStore() }), freshId()]
    const command = { type: 'Add' as const, amounts: [1] }
    const flat = { type: 'Note' as const, text: 'one' }
    const options = { commandId: 'a', metadata: { extra: { tenant: 'one' } } }
    const waiting = Promise.all([
      right(counters.handleCommand(id, add(10))),
      right(counters.handleCommand(id, command, options)),
      right(counters.handleCommand(id, flat)),
    ])
    command.amounts[0] = -5_000
    flat.text = 'two'
    options.commandId = 'b'
    options.metadata.extra.tenant = 'two'
    const [, added, noted] = await waiting
    expect(added.state.total).toBe(11)
    expect(added.events[0]?.metadata).toEqual({
      commandId: 'a',
      correlationId: 'a',
      extra: { tenant: 'one' },
    })
    expect(noted.events[0]?.event).toEqual({ type: 'Noted', text: 'one' })
  })

  it('is decided again as it was validated', async () => {
    const store = memoryStore()
    const command = { type: 'Add' as const, amounts: [1] }
    let refused = false
    const counters = openCategory(counter, {
      store: {
        ...store,
        append: (request) => {
          if (refused) return store.append(request)
          refused = true
          command.amounts[0] = -5_000
          return () =>
            Promise.resolve(E.left(storeFailed('TransactionRefused', 'nothingWritten', undefined)))
        },
      },
    })
    expect(await right(counters.handleCommand(freshId(), command))).toMatchObject({
      state: { total: 1 },
    })
  })
})

describe('options that are undefined', () => {
  it('are as good as left out', async () => {
    const options = {
      ids: undefined,
      retry: undefined,
      cachedStates: undefined,
      pageSize: undefined,
      queueDepth: undefined,
      onNotice: undefined,
      random: undefined,
      wait: undefined,
    } as unknown as CategoryOptions
    const [counters, id] = [openCategory(counter, { store: memoryStore() }, options), freshId()]
    const sent = {
      commandId: undefined,
      expectedVersion: undefined,
      metadata: { actor: 'Ada', correlationId: undefined },
    } as unknown as CommandOptions
    const { events } = await right(counters.handleCommand(id, add(1), sent))
    expect(events[0]?.metadata).toEqual({ actor: 'Ada' })
    await right(counters.handleCommand(id, add(2), { ...sent, commandId: 'c' }))
    expect(await right(counters.load(id))).toMatchObject({ version: 2 })
  })
})

describe('fake timers', () => {
  it('do not stop the commands of a stream', async () => {
    const [counters, id] = [openCategory(counter, { store: memoryStore() }), freshId()]
    jest.useFakeTimers()
    try {
      for (let round = 0; round < 3; round++) {
        await Promise.all([1, 2, 3].map((amount) => right(counters.handleCommand(id, add(amount)))))
      }
      expect(await right(counters.cached(id))).toMatchObject({ state: { total: 18 }, version: 9 })
    } finally {
      jest.useRealTimers()
    }
  })

  it('do not stop a command that waits to be decided again', async () => {
    const store = memoryStore()
    let conflicts = 2
    const counters = openCategory(counter, {
      store: {
        ...store,
        append: (request) => {
          conflicts -= 1
          return conflicts < 0
            ? store.append(request)
            : () =>
                Promise.resolve(
                  E.left(storeFailed('TransactionRefused', 'nothingWritten', undefined)),
                )
        },
      },
    })
    jest.useFakeTimers()
    try {
      expect(await right(counters.handleCommand(freshId(), add(1)))).toMatchObject({ version: 1 })
    } finally {
      jest.useRealTimers()
    }
  })
})

describe.each(stores)('a store that has lost events, on %s', (_name, open) => {
  let at: StoreUnderTest
  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  /** Counters whose last command was acknowledged, and then lost: the store was failed over. */
  const afterFailover = async (id: string, onNotice: (notice: Notice) => void) => {
    let losing = false
    const store: EventStore = {
      ...at.store,
      append: (request) =>
        losing
          ? () => {
              const version = Number(request.expectedVersion) + request.events.length
              const positions = request.events.map((_, index) => 1_000_000 + index)
              return Promise.resolve(E.right({ version, positions, recordedAt: 0 }))
            }
          : at.store.append(request),
    }
    const counters = openCategory(counter, { store }, { onNotice })
    await right(counters.handleCommand(id, add(100)))
    losing = true
    await right(counters.handleCommand(id, add(-60)))
    losing = false
    expect(await right(counters.cached(id))).toMatchObject({ state: { total: 40 }, version: 2 })
    return counters
  }

  it('is trusted: a command is decided on what is left, not on the cached state', async () => {
    const [id, notices] = [freshId(), new Array<Notice>()]
    const counters = await afterFailover(id, (notice) => notices.push(notice))
    expect(await right(counters.handleCommand(id, add(-50)))).toMatchObject({
      state: { total: 50 },
      version: 2,
    })
    const streamId = `counter-${id}`
    expect(notices).toEqual([{ _tag: 'StateDropped', streamId, known: 2, actual: 1 }])
  })

  it('is checked by load, which never answers a state that is not in the store', async () => {
    const id = freshId()
    const counters = await afterFailover(id, () => undefined)
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 100 }, version: 1 })
    expect(await right(counters.cached(id))).toMatchObject({ state: { total: 100 }, version: 1 })
  })
})
