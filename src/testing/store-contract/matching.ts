import assert from 'node:assert/strict'
import type { BoundaryQuery, Sight } from '../../core/boundary-query'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { BoundarySuite } from './boundary-suite'
import { countTo, eventsOf, failsWith, grow, numbersOf, same, succeeds } from './checks'
import { appendTo, freshStream, freshTag, taggedEvents } from './fixtures'

/** Everything that matches, page by page, and the sight after the last one. */
const allMatching = async (store: BoundaryStore, query: BoundaryQuery, limit: number) => {
  const events: StoredEvent[] = []
  let sight: Sight | undefined
  for (;;) {
    const range = sight === undefined ? { limit } : { limit, sight }
    const page = await succeeds(store.readMatching(query, range))
    events.push(...page.events)
    sight = page.sight
    if (!page.more) return { events, sight }
    assert.equal(page.events.length, limit, 'a page that is not the last is full')
  }
}

interface BadQuery {
  readonly name: string
  readonly query: ReadonlyArray<{ readonly tags: ReadonlyArray<string>; readonly types?: string[] }>
}

export const badQueries: ReadonlyArray<BadQuery> = [
  { name: 'no item', query: [] },
  { name: 'no list', query: 'everything' as never },
  {
    name: 'one that throws when it is read',
    query: [Object.defineProperty({}, 'tags', { get: (): unknown => JSON.parse('no') })] as never,
  },
  { name: 'an item that is none', query: [null] as never },
  { name: 'tags that are no list', query: [{ tags: 'a' }] as never },
  { name: 'types that are no list', query: [{ tags: ['a'], types: 'A' }] as never },
  { name: 'an item without a tag', query: [{ tags: ['a'] }, { tags: [] }] },
  { name: '33 tags in an item', query: [{ tags: countTo(33).map(String) }] },
  { name: 'a tag of 256 characters', query: [{ tags: ['x'.repeat(256)] }] },
  { name: 'an empty tag', query: [{ tags: [''] }] },
  { name: 'a tag with a NUL', query: [{ tags: ['a', '\u0000'] }] },
  { name: 'a type with a NUL', query: [{ tags: ['a'], types: ['\u0000'] }] },
  { name: '1,001 items', query: countTo(1_001).map((number) => ({ tags: [`t${number}`] })) },
]

/** Reading what matches a query. */
export const matchingReads: BoundarySuite = {
  name: 'what matches a query',
  tests: {
    'has all tags and one of the types of one of its items, each event once': async (stores) => {
      const { store, second } = stores
      const [one, other, third] = [freshTag(), freshTag(), freshTag()]
      const id = freshStream()
      const given = [
        taggedEvents([one], 'A', 1, 1),
        taggedEvents([one, other], 'A', 1, 2),
        taggedEvents([other], 'B', 1, 3),
        taggedEvents([one, other, third], 'B', 1, 4),
        taggedEvents([third], 'A', 1, 5),
        taggedEvents([freshTag()], 'A', 1, 6),
      ].flat()
      await succeeds(store.appendTogether({ streams: [appendTo(id, 0, given)] }))
      const found = async (query: BoundaryQuery) =>
        numbersOf((await allMatching(second, query, 2)).events)
      same(await found([{ tags: [one] }]), [1, 2, 4])
      same(await found([{ tags: [one, other] }]), [2, 4])
      same(await found([{ tags: [other, one], types: ['A'] }]), [2])
      same(await found([{ tags: [one, one] }]), [1, 2, 4])
      same(await found([{ tags: [one, other] }, { tags: [third], types: ['A', 'B'] }]), [2, 4, 5])
      same(
        await found([
          { tags: [one], types: ['C'] },
          { tags: [third], types: [] },
        ]),
        [],
      )
      same(await found([{ tags: [one, freshTag()] }]), [])
    },
    'comes in the order of positions, from all streams, in pages of any size': async (stores) => {
      const [one, other] = [freshTag(), freshTag()]
      const ids = [freshStream(), freshStream()]
      for (const number of countTo(11)) {
        const events = taggedEvents([number % 3 === 0 ? one : other], 'A', 1, number)
        const append = appendTo(ids[number % 2] ?? '', 'any', events)
        if (number % 4 === 0) await succeeds(stores.store.appendTogether({ streams: [append] }))
        else await succeeds(stores.second.append(append))
      }
      const query: BoundaryQuery = [{ tags: [one] }, { tags: [other] }]
      for (const limit of [1, 2, 11, 100]) {
        const { events } = await allMatching(stores.second, query, limit)
        same(numbersOf(events), countTo(11))
        assert.ok(grow(events.map(({ position }) => position)))
      }
      const { events } = await allMatching(stores.store, query, 100)
      const stored = [...(await eventsOf(stores.store, ids[0] ?? ''))]
      same(events.filter(({ streamId }) => streamId === ids[0]), stored) // prettier-ignore
    },
    'is read on from a sight': async ({ store, second }) => {
      const [id, query]: [string, BoundaryQuery] = [freshStream(), [{ tags: [freshTag()] }]]
      const [{ tags }] = query
      await succeeds(store.append(appendTo(id, 0, taggedEvents(tags, 'A', 3))))
      const { sight, events } = await allMatching(second, query, 10)
      same(numbersOf(events), [1, 2, 3])
      await succeeds(store.append(appendTo(id, 3, taggedEvents(tags, 'A', 2, 4))))
      const later = await succeeds(second.readMatching(query, { sight, limit: 10 }))
      const above = later.events.filter(({ version }) => version > 3)
      same(numbersOf(above), [4, 5])
      assert.equal(later.events.length, sight.count + 2)
    },
    'includes the newest event, whoever is still at work': async ({ store, second }) => {
      const [id, tag] = [freshStream(), freshTag()]
      for (const number of countTo(20)) {
        const [writer, reader] = number % 2 === 0 ? [store, second] : [second, store]
        const events = taggedEvents([tag], 'A', 1, number)
        await succeeds(writer.append(appendTo(id, number - 1, events)))
        const read = await succeeds(reader.readMatching([{ tags: [tag] }], { limit: 100 }))
        same(numbersOf(read.events), countTo(number))
      }
    },
    ...Object.fromEntries(
      badQueries.map(({ name, query }) => [
        `is not read for an invalid query: ${name}`,
        ({ store }: { readonly store: BoundaryStore }) =>
          failsWith(store.readMatching(query as unknown as BoundaryQuery, { limit: 1 }), {
            _tag: 'InvalidQuery',
          }),
      ]),
    ),
    'is not read from a sight that is none': async ({ store }) => {
      for (const sight of [
        { after: -1, count: 0 },
        { after: 0.5, count: 0 },
        { after: 0, count: Number.NaN },
      ]) {
        await failsWith(store.readMatching([{ tags: ['a'] }], { sight, limit: 1 }), {
          _tag: 'InvalidQuery',
        })
      }
    },
  },
}
