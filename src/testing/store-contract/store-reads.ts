import assert from 'node:assert/strict'
import type { StoreRange } from '../../core/ports/event-source'
import { forEachOfSource, type SourceStores, type SourceSuite, streamIn } from './suite'
import { countTo, eventsOf, failsWith, grow, numbersOf, same, succeeds } from './checks'
import { anEvent, appendTo, freshCategory, numbered } from './fixtures'
import { readUpTo } from './following'
import { vandalise } from './isolation'

/** Three streams in two fresh categories, of two types, twelve events: the numbers 1 to 12, in order. */
const written = async (stores: SourceStores) => {
  const { store, second } = stores
  const [left, right] = [freshCategory(), freshCategory()]
  const ids = [streamIn(stores, left), streamIn(stores, right), streamIn(stores, left)]
  const positions: number[] = []
  for (const [index, number] of countTo(12).entries()) {
    const event = anEvent({ number }, {}, number % 4 === 0 ? 'Rare' : 'Common')
    const id = ids[index % 3] ?? ''
    const writer = index % 2 === 0 ? store : second
    positions.push(...(await succeeds(writer.append(appendTo(id, 'any', [event])))).positions)
  }
  return { left, right, before: (positions[0] ?? 1) - 1, end: positions.at(-1) ?? 0 }
}

interface Case {
  readonly name: string
  readonly filter: (left: string, right: string) => Pick<StoreRange, 'categories' | 'types'>
  readonly numbers: ReadonlyArray<number>
}

const cases: ReadonlyArray<Case> = [
  {
    name: 'several categories',
    filter: (left, right) => ({ categories: [left, right] }),
    numbers: countTo(12),
  },
  {
    name: 'one category',
    filter: (left) => ({ categories: [left] }),
    numbers: [1, 3, 4, 6, 7, 9, 10, 12],
  },
  {
    name: 'a type within categories',
    filter: (left, right) => ({ categories: [left, right], types: ['Rare'] }),
    numbers: [4, 8, 12],
  },
  {
    name: 'a category and several types',
    filter: (_left, right) => ({ categories: [right], types: ['Rare', 'Common', 'Never'] }),
    numbers: [2, 5, 8, 11],
  },
  {
    name: 'a type that never came',
    filter: (left) => ({ categories: [left], types: ['Never'] }),
    numbers: [],
  },
  { name: 'a category that never came', filter: () => ({ categories: ['never'] }), numbers: [] },
  { name: 'no category at all', filter: () => ({ categories: [] }), numbers: [] },
  { name: 'no type at all', filter: (left) => ({ categories: [left], types: [] }), numbers: [] },
]

/** The whole store, page by page. */
export const storeReads: SourceSuite = {
  name: 'reading the whole store',
  tests: {
    ...forEachOfSource(
      cases,
      ({ name }) => `reads the events of ${name}, each once, in order, in pages of any size`,
      ({ filter, numbers }) =>
        async (stores) => {
          const { left, right, before, end } = await written(stores)
          for (const limit of [1, 2, 3, 100]) {
            const range = { after: before, limit, ...filter(left, right) }
            same(numbersOf(await readUpTo(stores.second, range, end)), numbers)
          }
        },
    ),
    'reads everything, from every writer': async (stores) => {
      const { left, right, before, end } = await written(stores)
      const events = await readUpTo(stores.store, { after: before, limit: 5 }, end)
      const ours = events.filter(
        ({ streamId }) => streamId.startsWith(left) || streamId.startsWith(right),
      )
      same(numbersOf(ours), countTo(12))
    },
    'finds a category from the very start of the store': async (stores) => {
      const { left, end } = await written(stores)
      const range = { after: 0, limit: 1000, categories: [left] }
      same(numbersOf(await readUpTo(stores.store, range, end)), [1, 3, 4, 6, 7, 9, 10, 12])
    },
    'gives the same events as reading their stream': async (stores) => {
      const { store } = stores
      const id = streamIn(stores)
      const { positions } = await succeeds(store.append(appendTo(id, 0, numbered(5))))
      const category = id.slice(0, id.indexOf('-'))
      const range = { after: 0, limit: 1000, categories: [category] }
      same(await readUpTo(store, range, positions.at(-1) ?? 0), await eventsOf(store, id))
    },
    'gives every reader the events as they are, whatever readers did before': async (stores) => {
      const { store } = stores
      const id = streamIn(stores)
      const events = [anEvent({ list: [1, { deep: 'kept' }] }, { extra: { a: ['kept'] } })]
      const { positions } = await succeeds(store.append(appendTo(id, 0, events)))
      const [end = 1] = positions
      const range = { after: end - 1, limit: 10, categories: [id.slice(0, id.indexOf('-'))] }
      const kept = structuredClone(await readUpTo(store, range, end))
      vandalise(await readUpTo(store, range, end))
      same(await readUpTo(store, range, end), kept)
      same(await eventsOf(store, id), kept)
    },
    'rejects a limit that is none, and reads nothing': async ({ store }) => {
      for (const limit of [-1, 0.5, Number.NaN, Infinity]) {
        await failsWith(store.readAll({ after: 0, limit }), { _tag: 'InvalidQuery' })
      }
    },
    'moves upTo past events that the filter leaves out': async (stores) => {
      const { right, before, end } = await written(stores)
      const range = { after: before, limit: 100, categories: [right], types: ['Never'] }
      same(await readUpTo(stores.store, range, end), [])
    },
    'does not take upTo back when reading after a position that does not exist yet': async (
      stores,
    ) => {
      const { end } = await written(stores)
      const page = await succeeds(
        stores.store.readAll({ after: end + 1_000_000, limit: 10, categories: ['never'] }),
      )
      same([page.events, page.more], [[], false])
      assert.ok(page.upTo >= end + 1_000_000, `upTo went back to ${page.upTo}`)
    },
    'calls nothing safe above the highest position that can be seen': async (stores) => {
      const { before, end } = await written(stores)
      for (const range of [
        { after: before, limit: 1 },
        { after: 0, limit: 1000 },
      ]) {
        const page = await succeeds(stores.second.readAll(range))
        const seen = page.events.map(({ position }) => position)
        assert.ok(page.upTo <= page.highest, `${page.upTo} is above ${page.highest}`)
        assert.ok(page.highest >= Math.max(...seen), `an event is above ${page.highest}`)
      }
      const all = await succeeds(stores.store.readAll({ after: end - 1, limit: 1 }))
      assert.ok(all.highest >= end, `${end} was stored, and the highest position is ${all.highest}`)
    },
    'gives increasing positions, from one stream to the next': async (stores) => {
      const [left, right] = [streamIn(stores), streamIn(stores)]
      const positions: number[] = []
      for (let index = 0; index < 5; index++) {
        const first = await succeeds(stores.store.append(appendTo(left, 'any', numbered(2))))
        const next = await succeeds(stores.second.append(appendTo(right, 'any', numbered(2))))
        positions.push(...first.positions, ...next.positions)
      }
      assert.ok(grow(positions), `positions do not increase: ${positions.join(', ')}`)
    },
    'answers the highest position to a reader that is beyond it': async (stores) => {
      const { end } = await written(stores)
      const after = end + 1_000_000
      const { highest } = await succeeds(stores.store.readAll({ after, limit: 10 }))
      assert.ok(highest >= end && highest < after, `the highest position is ${highest}`)
    },
    'says which store it is, and always the same': async (stores) => {
      const first = await succeeds(stores.store.readAll({ after: 0, limit: 1 }))
      const { end } = await written(stores)
      assert.ok(first.lineage.length > 0 && first.lineage.length <= 255)
      for (const after of [0, end - 1, end, end + 1_000_000]) {
        const { lineage } = await succeeds(stores.second.readAll({ after, limit: 2 }))
        same(lineage, first.lineage)
      }
    },
  },
}
