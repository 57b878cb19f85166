import type { StoreRange } from '../../core/ports/event-source'
import {
  forEach,
  forEachOfSource,
  type SourceSuite,
  streamIn,
  type Stores,
  type Suite,
} from './suite'
import { categoryOf, type StreamId } from '../../core/stream'
import { countTo, failsWith, isMissing, numbersOf, same, succeeds } from './checks'
import { anEvent, appendTo, freshStream, freshTag, numbered } from './fixtures'
import { readUpTo } from './following'

/** The numbers 1 to 12 in two categories: every second one is tagged `even`, every third one `third`. */
const written = async ({ store, second }: Stores, ids: readonly [StreamId, StreamId]) => {
  const [even, third] = [freshTag(), freshTag()]
  const positions: number[] = []
  for (const number of countTo(12)) {
    const tags = [...(number % 2 === 0 ? [even] : []), ...(number % 3 === 0 ? [third] : [])]
    const event = {
      ...anEvent({ number }, {}, number > 6 ? 'Late' : 'Early'),
      ...(tags.length === 0 ? {} : { tags: tags.sort() }),
    }
    const id = ids[number > 4 ? 1 : 0]
    const writer = number % 4 < 2 ? store : second
    positions.push(...(await succeeds(writer.append(appendTo(id, 'any', [event])))).positions)
  }
  const left = categoryOf(ids[0])
  return { even, third, left, before: (positions[0] ?? 1) - 1, end: positions.at(-1) ?? 0 }
}

interface Case {
  readonly name: string
  readonly filter: (
    names: Awaited<ReturnType<typeof written>>,
  ) => Pick<StoreRange, 'categories' | 'types' | 'tags'>
  readonly numbers: ReadonlyArray<number>
}

const cases: ReadonlyArray<Case> = [
  { name: 'one tag', filter: ({ third }) => ({ tags: [third] }), numbers: [3, 6, 9, 12] },
  {
    name: 'several tags',
    filter: ({ even, third }) => ({ tags: [even, third] }),
    numbers: [2, 3, 4, 6, 8, 9, 10, 12],
  },
  {
    name: 'a tag and a type',
    filter: ({ even }) => ({ tags: [even], types: ['Late'] }),
    numbers: [8, 10, 12],
  },
  {
    name: 'a tag within a category',
    filter: ({ even, third, left }) => ({ tags: [even, third], categories: [left] }),
    numbers: [2, 3, 4],
  },
  { name: 'a tag that never came', filter: () => ({ tags: [freshTag()] }), numbers: [] },
  { name: 'no tag at all', filter: () => ({ tags: [] }), numbers: [] },
]

interface BadTags {
  readonly name: string
  readonly tags: ReadonlyArray<string>
}

const bad: ReadonlyArray<BadTags> = [
  { name: '33 tags', tags: countTo(33).map((number) => `tag${100 + number}`) },
  { name: 'a tag of 256 characters', tags: ['x'.repeat(256)] },
  { name: 'an empty tag', tags: [''] },
  { name: 'a tag with a NUL', tags: ['a\u0000'] },
  { name: 'half a character', tags: ['\ud800'] },
  { name: 'tags that are not sorted', tags: ['b', 'a'] },
  { name: 'the same tag twice', tags: ['a', 'a'] },
]

/** Tags of events. */
export const tags: Suite = {
  name: 'tags',
  tests: {
    ...forEach(
      bad,
      ({ name }) => `are rejected, and nothing is stored: ${name}`,
      ({ tags: wrong }) =>
        async ({ store, second }) => {
          const id = freshStream()
          const [first = anEvent({}), event = anEvent({})] = numbered(2)
          const append = appendTo(id, 0, [first, { ...event, tags: wrong }])
          await failsWith(store.append(append), { _tag: 'InvalidAppend', streamId: id })
          await isMissing(second, id)
        },
    ),
    'find the events of one stream, in pages': async (stores) => {
      const { even, third, left, end } = await written(stores, [freshStream(), freshStream()])
      const [id = ''] = (
        await succeeds(stores.store.streams({ after: '', limit: 10, category: left }))
      ).map(({ streamId }) => streamId)
      const read = (after: number, limit: number, wanted: ReadonlyArray<string>) =>
        succeeds(stores.second.read(id, { after, limit, tags: wanted }))
      const first = await read(0, 2, [even, third])
      same([numbersOf(first.events), first.more], [[2, 3], true])
      const rest = await read(3, 2, [even, third])
      same([numbersOf(rest.events), rest.more], [[4], false])
      for (const none of [[], [freshTag()], ['\u0000']]) {
        same((await read(0, 10, none)).events, [], `none of ${end}`)
      }
    },
  },
}

/** Reading by tags. */
export const tagReads: SourceSuite = {
  name: 'tags',
  tests: {
    ...forEachOfSource(
      cases,
      ({ name }) => `find the events of ${name}, each once, in order, in pages of any size`,
      ({ filter, numbers }) =>
        async (stores) => {
          const names = await written(stores, [streamIn(stores), streamIn(stores)])
          for (const limit of [1, 3, 100]) {
            const range = { after: names.before, limit, ...filter(names) }
            same(numbersOf(await readUpTo(stores.second, range, names.end)), numbers)
          }
        },
    ),
    'may be 32, of 255 characters each, of any script': async (stores) => {
      const { store, second } = stores
      const id = streamIn(stores)
      const many = countTo(31).map((number) => `${number + 10}${'x'.repeat(253)}`)
      const odd = `Ω "quoted" \\ {a,b} ${freshTag()}`
      const event = { ...anEvent({ number: 1 }), tags: [...many, odd].sort() }
      const { positions } = await succeeds(store.append(appendTo(id, 0, [event])))
      const [position = 0] = positions
      for (const tag of [odd, many[7] ?? '']) {
        const range = { after: position - 1, limit: 10, tags: [tag] }
        same(numbersOf(await readUpTo(second, range, position)), [1])
      }
    },
    'are not stored for an append that did not fit': async (stores) => {
      const { store, second } = stores
      const [id, tag] = [streamIn(stores), freshTag()]
      const tagged = numbered(2).map((event) => ({ ...event, tags: [tag] }))
      await failsWith(store.append(appendTo(id, 3, tagged)), {
        _tag: 'VersionConflict',
        streamId: id,
        expected: 3,
        actual: 0,
      })
      const { positions } = await succeeds(store.append(appendTo(id, 0, tagged)))
      const end = positions.at(-1) ?? 0
      const range = { after: 0, limit: 100, tags: [tag] }
      same(numbersOf(await readUpTo(second, range, end)), [1, 2])
    },
    'are stored as they were handed in, whatever happens to them afterwards': async (stores) => {
      const [id, tag] = [streamIn(stores), freshTag()]
      const given = [tag]
      const [event = anEvent({})] = numbered(1)
      const answer = succeeds(stores.store.append(appendTo(id, 0, [{ ...event, tags: given }])))
      given[0] = freshTag()
      const { positions } = await answer
      const [position = 0] = positions
      const range = { after: position - 1, limit: 10, tags: [tag] }
      same(numbersOf(await readUpTo(stores.second, range, position)), [1])
    },
  },
}
