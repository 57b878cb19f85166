import assert from 'node:assert/strict'
import type { StoreRange } from '../../core/ports/event-source'
import type { StoredEvent } from '../../core/recorded-event'
import { failsWith, numbersOf, same, succeeds } from './checks'
import { anEvent, appendTo, freshCategory, freshTag } from './fixtures'
import { readUpTo } from './following'
import { forEachOfSource, type SourceStores, type SourceSuite, streamIn } from './suite'

const unique = (): string => crypto.randomUUID()

/** The same beginning, longer than what an index would keep of it. */
const LONG = 'x'.repeat(3_000)

/** Twelve events in two categories; every third one has the first correlation id, every other third one the second. */
const written = async (stores: SourceStores) => {
  const { store, second } = stores
  const [one, other, tag] = [`${unique()}${LONG}1`, unique(), freshTag()]
  const category = freshCategory()
  const ids = [streamIn(stores, category), streamIn(stores)]
  const ours: StoredEvent[] = []
  for (let number = 1; number <= 12; number++) {
    const correlations = [{}, { correlationId: one }, { correlationId: other, actor: one }]
    const metadata = correlations[number % 3] ?? {}
    const event = {
      ...anEvent({ number }, metadata, number > 6 ? 'Late' : 'Early'),
      ...(number % 2 === 0 ? { tags: [tag] } : {}),
    }
    const id = ids[number % 2] ?? ''
    const writer = number % 4 < 2 ? store : second
    const { version } = await succeeds(writer.append(appendTo(id, 'any', [event])))
    const { events } = await succeeds(second.read(id, { after: version - 1, limit: 1 }))
    ours.push(...events)
  }
  const [first, last] = [ours[0]?.position ?? 1, ours.at(-1)?.position ?? 0]
  return { one, other, tag, category, ours, before: first - 1, end: last }
}

type Written = Awaited<ReturnType<typeof written>>

interface Case {
  readonly name: string
  readonly filter: (names: Written) => Partial<StoreRange>
  readonly numbers: ReadonlyArray<number>
}

const cases: ReadonlyArray<Case> = [
  {
    name: 'a correlation id, however long it is',
    filter: ({ one }) => ({ correlationId: one }),
    numbers: [1, 4, 7, 10],
  },
  {
    name: 'a correlation id that begins as another one does',
    filter: ({ one }) => ({ correlationId: `${one.slice(0, -1)}2` }),
    numbers: [],
  },
  {
    name: 'a correlation id that never came',
    filter: () => ({ correlationId: unique() }),
    numbers: [],
  },
  {
    name: 'a correlation id within a category',
    filter: ({ other, category }) => ({ correlationId: other, categories: [category] }),
    numbers: [2, 8],
  },
  {
    name: 'a correlation id and a type',
    filter: ({ other }) => ({ correlationId: other, types: ['Late'] }),
    numbers: [8, 11],
  },
  {
    name: 'a correlation id and a tag',
    filter: ({ one, tag }) => ({ correlationId: one, tags: [tag] }),
    numbers: [4, 10],
  },
  {
    name: 'a correlation id and no tag at all',
    filter: ({ one }) => ({ correlationId: one, tags: [] }),
    numbers: [],
  },
]

/** The numbers of those that were recorded within a time. */
const within = (ours: ReadonlyArray<StoredEvent>, from: number, before: number) =>
  numbersOf(ours.filter(({ recordedAt }) => recordedAt >= from && recordedAt < before))

const bad: ReadonlyArray<readonly [name: string, range: Partial<StoreRange>]> = [
  ['an empty correlation id', { correlationId: '' }],
  ['a correlation id with a NUL', { correlationId: 'a\u0000' }],
  ['half a character as correlation id', { correlationId: '\ud800' }],
  ['a time that is no number', { recordedFrom: Number.NaN }],
  ['a time before 1970', { recordedFrom: -1 }],
  ['a time that never comes', { recordedBefore: Infinity }],
  ['times that end before they begin', { recordedFrom: 2, recordedBefore: 1 }],
]

/** The whole store, by correlation id and by time. */
export const searches: SourceSuite = {
  name: 'searching the whole store',
  tests: {
    ...forEachOfSource(
      cases,
      ({ name }) => `finds the events of ${name}, each once, in order, in pages of any size`,
      ({ filter, numbers }) =>
        async (stores) => {
          const names = await written(stores)
          for (const limit of [1, 3, 100]) {
            const range = { after: names.before, limit, ...filter(names) }
            same(numbersOf(await readUpTo(stores.second, range, names.end)), numbers)
          }
        },
    ),
    'finds a correlation id from the very start of the store': async (stores) => {
      const { one, end } = await written(stores)
      const range = { after: 0, limit: 1000, correlationId: one }
      same(numbersOf(await readUpTo(stores.store, range, end)), [1, 4, 7, 10])
    },
    'finds the events from one time on, and before another one, to the millisecond': async (
      stores,
    ) => {
      const { ours, category, before, end } = await written(stores)
      const inCategory = ours.filter(({ streamId }) => streamId.startsWith(category))
      const times = [...new Set(ours.map(({ recordedAt }) => recordedAt))]
      for (const time of [times[0] ?? 0, times[times.length >> 1] ?? 0, times.at(-1) ?? 0]) {
        const range = { after: before, limit: 4, categories: [category] }
        const later = await readUpTo(stores.second, { ...range, recordedFrom: time }, end)
        same(numbersOf(later), within(inCategory, time, Infinity), `from ${time}`)
        const earlier = await readUpTo(stores.second, { ...range, recordedBefore: time }, end)
        same(numbersOf(earlier), within(inCategory, 0, time), `before ${time}`)
        const both = { recordedFrom: time, recordedBefore: time + 1 }
        const then = await readUpTo(stores.second, { ...range, ...both }, end)
        same(numbersOf(then), within(inCategory, time, time + 1), `at ${time}`)
        const never = { recordedFrom: time, recordedBefore: time }
        same(await readUpTo(stores.second, { ...range, ...never }, end), [])
      }
    },
    'finds the events of a correlation id and a time': async (stores) => {
      const { one, ours, before, end } = await written(stores)
      const [, , , fourth, , , seventh] = ours
      const [from, until] = [fourth?.recordedAt ?? 0, seventh?.recordedAt ?? 0]
      const range = { recordedFrom: from, recordedBefore: until + 1, correlationId: one }
      const found = await readUpTo(stores.store, { after: before, limit: 10, ...range }, end)
      const correlated = ours.filter(({ metadata }) => metadata.correlationId === one)
      same(numbersOf(found), within(correlated, from, until + 1))
    },
    'calls nothing safe above the highest position that can be seen': async (stores) => {
      const { one, ours, before, end } = await written(stores)
      for (const filter of [{ correlationId: one }, { recordedFrom: ours[0]?.recordedAt ?? 0 }]) {
        const page = await succeeds(stores.store.readAll({ after: before, limit: 100, ...filter }))
        assert.ok(page.upTo <= page.highest, `${page.upTo} is above ${page.highest}`)
        const beyond = await succeeds(
          stores.store.readAll({ after: end + 1_000_000, limit: 1, ...filter }),
        )
        same([beyond.events, beyond.more], [[], false])
        assert.ok(beyond.upTo >= end + 1_000_000, `upTo went back to ${beyond.upTo}`)
      }
    },
    ...forEachOfSource(
      bad,
      ([name]) => `rejects ${name}`,
      ([, range]) =>
        ({ store }) =>
          failsWith(store.readAll({ after: 0, limit: 1, ...range }), { _tag: 'InvalidQuery' }),
    ),
  },
}
