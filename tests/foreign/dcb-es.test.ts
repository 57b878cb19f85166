import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import type { BoundaryQuery } from '../../src/core/boundary-query'
import type { AppendTogetherError } from '../../src/core/errors/unions'
import type { BoundaryStore } from '../../src/core/ports/boundary-store'
import type { NewEvent, StoredEvent } from '../../src/core/recorded-event'
import { right } from '../support/right'
import { type StoreUnderTest, stores } from '../support/stores'

// What the published tests of @dcb-es/event-store and @dcb-es/event-store-postgres (append and query) say of their
// stores, said of ours, in our words. Their stores have no streams and no tag of their own for everything: here each
// append is a stream of its own, and every event has one tag more. Left out: reading backwards and "only the last
// event", which ours does not offer; and that a transaction must be SERIALIZABLE, where ours refuses that.

interface Item {
  readonly types?: ReadonlyArray<string>
  readonly tags?: ReadonlyArray<string>
}

/** What has been read when a decision was made: all that matches up to a position. */
interface Condition {
  readonly query: ReadonlyArray<Item>
  readonly after: number
}

interface Given {
  readonly type: string
  readonly tags?: ReadonlyArray<string>
  readonly metadata?: { readonly actor: string }
}

/** A store as @dcb-es has it, empty, in a corner of one of ours. */
const emptyStore = (store: BoundaryStore) => {
  const everything = `everything:${randomUUID()}`
  const queryOf = (items: ReadonlyArray<Item>): BoundaryQuery =>
    items.map(({ types, tags = [] }) => ({
      tags: [everything, ...tags],
      ...(types === undefined ? {} : { types }),
    })) as unknown as BoundaryQuery
  const eventOf = ({ type, tags = [], metadata }: Given): NewEvent => ({
    ...{ id: randomUUID(), type, schemaVersion: 1, data: {}, metadata: metadata ?? {} },
    tags: [everything, ...tags].toSorted(),
  })
  const append = async (
    events: ReadonlyArray<Given>,
    condition?: Condition,
  ): Promise<E.Either<AppendTogetherError, ReadonlyArray<number>>> => {
    const streamId = `foreign-${randomUUID()}`
    const stream = { streamId, expectedVersion: 'mustNotExist' as const, commands: [] }
    const answer = await store.appendTogether({
      streams: [{ ...stream, events: events.map(eventOf) }],
      ...(condition === undefined
        ? {}
        : {
            condition: {
              query: queryOf(condition.query),
              sight: { after: condition.after, count: 0 },
            },
          }),
    })()
    return E.isLeft(answer) ? answer : E.right(answer.right.streams[0]?.positions ?? [])
  }
  return {
    append,
    stored: async (...events: ReadonlyArray<Given>): Promise<ReadonlyArray<number>> =>
      right(() => append(events)),
    read: async (
      items: ReadonlyArray<Item> = [{}],
      { after = 0, limit = Infinity }: { readonly after?: number; readonly limit?: number } = {},
    ): Promise<ReadonlyArray<StoredEvent>> => {
      const query = queryOf(items)
      const events: StoredEvent[] = []
      let sight = { after, count: 0 }
      for (let more = true; more && events.length < limit;) {
        const page = await right(store.readMatching(query, { sight, limit: Math.min(limit, 7) }))
        events.push(...page.events)
        ;({ more, sight } = page)
      }
      return events.slice(0, limit)
    },
  }
}

const ONE = 'EventOne'
const TWO = 'EventTwo'
const ofOne: ReadonlyArray<Item> = [{ types: [ONE] }]
const typesOf = (events: ReadonlyArray<StoredEvent>) => events.map(({ type }) => type)
const positionsOf = (events: ReadonlyArray<StoredEvent>) => events.map(({ position }) => position)
const conflict = { left: { _tag: 'BoundaryConflict' } }

describe.each(stores)('what @dcb-es says of a store, on %s', (_name, open) => {
  let opened: StoreUnderTest
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())
  const empty = () => emptyStore(opened.store)
  /** One event, and where it is. */
  const withOne = async (type = ONE) => {
    const store = empty()
    const [first = 0] = await store.stored({ type })
    return { ...store, first }
  }
  const withThree = async () => {
    const store = empty()
    const stored = []
    for (const [type, tag] of [
      [ONE, 'key=1'],
      [TWO, 'key=2'],
      [TWO, 'key=3'],
    ] as const) {
      stored.push(...(await store.stored({ type, tags: [tag] })))
    }
    return { ...store, positions: stored }
  }

  describe('appending', () => {
    it('finds nothing in an empty store', async () => {
      expect(await empty().read()).toEqual([])
    })

    it('gives an event a position, and gives its metadata back', async () => {
      const { stored, read } = empty()
      const positions = await stored({ type: ONE, metadata: { actor: 'user-1' } })
      const events = await read()
      expect(positionsOf(events)).toEqual(positions)
      expect(events[0]?.metadata).toEqual({ actor: 'user-1' })
    })

    it('stores on the condition that none of a type is there, if none is', async () => {
      const { append, read } = await withOne(TWO)
      expect(E.isRight(await append([{ type: ONE }], { query: ofOne, after: 0 }))).toBe(true)
      expect(typesOf(await read())).toEqual([TWO, ONE])
    })

    it('gives later events higher positions, and those of one append theirs in order', async () => {
      const { stored, read } = await withOne()
      await stored({ type: ONE })
      await stored({ type: ONE }, { type: TWO })
      const events = await read()
      expect(typesOf(events)).toEqual([ONE, ONE, ONE, TWO])
      expect(positionsOf(events)).toEqual(positionsOf(events).toSorted((a, b) => a - b))
    })

    it('rejects what was decided before an event came that matters', async () => {
      const { append, read, first } = await withOne()
      const event = [{ type: ONE }]
      expect(await append(event, { query: ofOne, after: first - 1 })).toMatchObject(conflict)
      expect(await read()).toHaveLength(1)
      expect(E.isRight(await append(event, { query: ofOne, after: first }))).toBe(true)
    })

    it('stores one of ten that are sent at once on the same condition', async () => {
      const { append, read, first } = await withOne()
      const condition = { query: ofOne, after: first }
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => append([{ type: ONE }], condition)),
      )
      expect(answers.filter(E.isRight)).toHaveLength(1)
      for (const lost of answers.filter(E.isLeft)) expect(lost).toMatchObject(conflict)
      expect(await read()).toHaveLength(2)
    })

    it('stores a thousand that are sent at once without one', async () => {
      const { append, read } = await withOne()
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, () => append([{ type: ONE }])),
      )
      expect(answers.every(E.isRight)).toBe(true)
      expect(new Set(positionsOf(await read())).size).toBe(1_001)
    }, 60_000)

    it('rejects a second append on the condition of the first, whatever else came between', async () => {
      const { append, stored, read, first } = await withOne()
      const condition = { query: ofOne, after: first }
      expect(E.isRight(await append([{ type: ONE }], condition))).toBe(true)
      await stored({ type: TWO })
      expect(await append([{ type: ONE }], condition)).toMatchObject(conflict)
      expect(typesOf(await read())).toEqual([ONE, ONE, TWO])
    })

    it('takes what concerns another tag for nothing that matters', async () => {
      const { append, stored, first } = await withOne()
      await stored({ type: ONE, tags: ['key=1'] })
      const on = (tag: string) => ({ query: [{ types: [ONE], tags: [tag] }], after: first })
      expect(E.isRight(await append([{ type: ONE }], on('key=2')))).toBe(true)
      expect(await append([{ type: ONE }], on('key=1'))).toMatchObject(conflict)
    })

    it('differs in one thing: a position that was never given is not one that was seen', async () => {
      const { append, first } = await withOne()
      const condition = { query: ofOne, after: first + 1_000_000 }
      expect(await append([{ type: ONE }], condition)).toMatchObject(conflict)
    })
  })

  describe('querying', () => {
    it('gives everything, in the order of positions', async () => {
      const { read, positions } = await withThree()
      expect(positionsOf(await read())).toEqual(positions)
    })

    it('goes on after a position', async () => {
      const { read, positions } = await withThree()
      const [first = 0, second = 0, third = 0] = positions
      expect(positionsOf(await read([{}], { after: first }))).toEqual([second, third])
      expect(await read([{}], { after: third })).toEqual([])
    })

    it('finds the events of a type, and those that match any of several items', async () => {
      const { read } = await withThree()
      expect(typesOf(await read(ofOne))).toEqual([ONE])
      expect(typesOf(await read([{ types: [TWO] }]))).toEqual([TWO, TWO])
      expect(typesOf(await read([{ types: [TWO] }, { types: [ONE] }]))).toEqual([ONE, TWO, TWO])
      expect(typesOf(await read([{ types: [ONE, TWO] }]))).toEqual([ONE, TWO, TWO])
    })

    it('finds the events that have all tags of an item', async () => {
      const { read, stored, positions } = await withThree()
      const [both = 0] = await stored({ type: ONE, tags: ['key=1', 'other=1'] })
      const [first = 0, second = 0] = positions
      const found = async (...items: ReadonlyArray<Item>) => positionsOf(await read(items))
      expect(await found({ tags: ['unknown=1'] })).toEqual([])
      expect(await found({ tags: ['key=1'] })).toEqual([first, both])
      expect(await found({ tags: ['key=1', 'other=1'] })).toEqual([both])
      expect(await found({ tags: ['key=1', 'key=2'] })).toEqual([])
      expect(await found({ tags: ['key=1'] }, { tags: ['key=2'] })).toEqual([first, second, both])
      expect(await found({ types: [TWO], tags: ['key=1'] })).toEqual([])
    })

    it('stops at a limit', async () => {
      const { read, positions } = await withThree()
      expect(positionsOf(await read([{}], { limit: 1 }))).toEqual(positions.slice(0, 1))
      expect(positionsOf(await read([{ types: [TWO] }], { limit: 1 }))).toEqual([positions[1]])
      expect(positionsOf(await read([{}], { limit: 2 }))).toEqual(positions.slice(0, 2))
    })

    it('gives the same again', async () => {
      const { read } = await withThree()
      expect(await read()).toEqual(await read())
    })
  })
})
