import type { StreamStore, StreamsRange, StreamSummary } from '../../core/ports/event-store'
import type { Suite } from './suite'
import { eventsOf, failsWith, same, succeeds } from './checks'
import { appendTo, freshCategory, freshStream, numbered } from './fixtures'

const page = (store: StreamStore, range: StreamsRange) => succeeds(store.streams(range))

const allOf = async (store: StreamStore, category: string, limit: number) => {
  const seen: StreamSummary[] = []
  for (;;) {
    const after = seen.at(-1)?.streamId ?? ''
    const summaries = await page(store, { after, limit, category })
    seen.push(...summaries)
    if (summaries.length < limit) return seen
  }
}

/** In the order of code points, which is not how JavaScript compares strings. */
const NAMES = ['!', '1', '10', '2', 'A', 'B', 'a', 'a b', 'a-b', 'ab', 'é', '\uff5e', '😀']

/** A list of the streams. */
export const streamLists: Suite = {
  name: 'listing streams',
  tests: {
    'lists streams with their version and the time of their last event': async (stores) => {
      const id = freshStream()
      await succeeds(stores.store.append(appendTo(id, 0, numbered(3))))
      await succeeds(stores.second.append(appendTo(id, 3, numbered(1))))
      const category = id.slice(0, id.indexOf('-'))
      const recordedAt = (await eventsOf(stores.store, id)).at(-1)?.recordedAt
      same(await page(stores.store, { after: '', limit: 10, category }), [
        { streamId: id, version: 4, recordedAt },
      ])
    },
    'lists streams in the order of the code points of their ids': async ({ store }) => {
      const category = freshCategory()
      for (const name of [...NAMES].reverse()) {
        await succeeds(store.append(appendTo(`${category}-${name}`, 0, numbered(1))))
      }
      for (const limit of [1, 2, 5, 100]) {
        const listed = await allOf(store, category, limit)
        same(
          listed.map(({ streamId }) => streamId),
          NAMES.map((name) => `${category}-${name}`),
        )
      }
    },
    'lists the streams of one category only, however similar its name': async ({ store }) => {
      const category = freshCategory()
      const ids = [`${category}-x`, `${category}x-x`, `x${category}-x`, `${category}_-x`]
      for (const id of ids) await succeeds(store.append(appendTo(id, 0, numbered(1))))
      const listed = await page(store, { after: '', limit: 10, category })
      same(
        listed.map(({ streamId }) => streamId),
        [`${category}-x`],
      )
      same(await page(store, { after: '', limit: 10, category: category.slice(0, -1) }), [])
    },
    'lists the streams whose id begins with a prefix only, page by page': async ({ store }) => {
      const category = freshCategory()
      const names = ['-%', '-%b', '-A', '-A1', '-A1x', '-B', '-_', '-a', '-😀', '-😃', 'x-A1']
      for (const name of [...names].reverse()) {
        await succeeds(store.append(appendTo(`${category}${name}`, 0, numbered(1))))
      }
      const listed = async (name: string, limit: number, more: Partial<StreamsRange> = {}) => {
        const ids: string[] = []
        for (;;) {
          const range = { after: ids.at(-1) ?? '', limit, prefix: `${category}${name}`, ...more }
          const summaries = await page(store, range)
          ids.push(...summaries.map(({ streamId }) => streamId))
          if (summaries.length < limit) return ids.map((id) => id.slice(category.length))
        }
      }
      for (const limit of [1, 2, 100]) {
        same(await listed('-A', limit), ['-A', '-A1', '-A1x'])
        same(await listed('-A', limit, { category }), ['-A', '-A1', '-A1x'])
        same(await listed('-%', limit), ['-%', '-%b'])
        same(await listed('-_', limit), ['-_'])
        same(await listed('-😀', limit), ['-😀'])
        same(await listed('', limit), names)
        same(await listed('-Z', limit), [])
      }
      same(await listed('x', 9, { category }), [])
      for (const none of ['-\ud83d', '-\u0000', '-A\u0000']) same(await listed(none, 9), [])
    },
    'lists streams of every category when none is named': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(1))))
      // The id without its last character: no other id sorts between the two.
      const [first] = await page(store, { after: id.slice(0, -1), limit: 1 })
      same(first?.streamId, id)
    },
    'does not list a stream whose append was rejected': async ({ store }) => {
      const id = freshStream()
      await failsWith(store.append(appendTo(id, 3, numbered(1))), { _tag: 'VersionConflict' })
      same(await page(store, { after: '', limit: 10, category: id.slice(0, id.indexOf('-')) }), [])
    },
  },
}
