import assert from 'node:assert/strict'
import type { BackwardsRange, StreamStore } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import type { Stores, Suite } from './suite'
import { countTo, eventsOf, failsWith, numbersOf, same, succeeds } from './checks'
import { appendTo, freshStream, freshTag, numbered } from './fixtures'

/** A stream with the numbers 1 to 7. */
const sevenIn = async ({ store, second }: Stores) => {
  const id = freshStream()
  await succeeds(store.append(appendTo(id, 0, numbered(5))))
  await succeeds(second.append(appendTo(id, 5, numbered(2, 6))))
  return { id, second }
}

/** The events of a stream, newest first, page by page. */
const backwards = async (
  store: StreamStore,
  id: StreamId,
  { limit }: Pick<BackwardsRange, 'limit'>,
): Promise<ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  for (;;) {
    const last = events.at(-1)
    const range = { limit, ...(last === undefined ? {} : { before: last.version }) }
    const page = await succeeds(store.readBackwards(id, range))
    events.push(...page.events)
    if (!page.more) return events
    assert.ok(page.events.length > 0, 'a page that is not the last has events')
  }
}

/** A stream, page by page. */
export const streamReads: Suite = {
  name: 'reading a stream',
  tests: {
    'reads pages of any size, each once, in order': async ({ store, second }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(7))))
      await succeeds(store.append(appendTo(id, 7, numbered(4, 8))))
      for (const limit of [1, 2, 3, 10, 11, 12, 1000]) {
        same(numbersOf(await eventsOf(second, id, limit)), countTo(11), `with limit ${limit}`)
      }
    },
    'never reads more than requested, and says whether there is more': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(5))))
      for (const [after, limit, numbers, more] of [
        [0, 2, [1, 2], true],
        [2, 2, [3, 4], true],
        [3, 2, [4, 5], false],
        [4, 2, [5], false],
        [5, 2, [], false],
        [9, 2, [], false],
      ] as const) {
        const page = await succeeds(store.read(id, { after, limit }))
        same(numbersOf(page.events), numbers)
        assert.equal(page.more, more, `more, after ${after}`)
      }
    },
    'reads nothing from a stream that was never written to': async ({ store }) => {
      same(await succeeds(store.read(freshStream(), { after: 0, limit: 10 })), {
        events: [],
        more: false,
      })
    },
    'reads its own write at once, over either connection': async ({ store, second }) => {
      const id = freshStream()
      for (let version = 0; version < 10; version++) {
        const [writer, reader] = version % 2 === 0 ? [store, second] : [second, store]
        await succeeds(writer.append(appendTo(id, version, numbered(1))))
        const { events } = await succeeds(reader.read(id, { after: version, limit: 10 }))
        same(
          events.map((event) => event.version),
          [version + 1],
        )
      }
    },
    'reads up to a version, and says whether there is more up to there': async (stores) => {
      const { id, second } = await sevenIn(stores)
      for (const [after, upTo, limit, numbers, more] of [
        [0, 3, 10, [1, 2, 3], false],
        [0, 3, 2, [1, 2], true],
        [2, 3, 1, [3], false],
        [3, 3, 10, [], false],
        [0, 0, 10, [], false],
        [5, 2, 10, [], false],
        [4, 100, 10, [5, 6, 7], false],
        [6, Number.MAX_SAFE_INTEGER, 1, [7], false],
      ] as const) {
        const page = await succeeds(second.read(id, { after, upTo, limit }))
        const range = `after ${after}, up to ${upTo}, with limit ${limit}`
        same([numbersOf(page.events), page.more], [numbers, more], range)
      }
    },
    'reads backwards, in pages of any size, each event once': async (stores) => {
      const { id, second } = await sevenIn(stores)
      for (const limit of [1, 2, 3, 7, 8]) {
        const pages = await backwards(second, id, { limit })
        same(numbersOf(pages), countTo(7).toReversed(), `with limit ${limit}`)
      }
    },
    'reads the newest events, and those before a version': async (stores) => {
      const { id, second } = await sevenIn(stores)
      for (const [before, limit, numbers, more] of [
        [undefined, 2, [7, 6], true],
        [6, 2, [5, 4], true],
        [3, 2, [2, 1], false],
        [100, 1, [7], true],
        [Number.MAX_SAFE_INTEGER, 7, [7, 6, 5, 4, 3, 2, 1], false],
        [1, 5, [], false],
        [0, 5, [], false],
      ] as const) {
        const range = { limit, ...(before === undefined ? {} : { before }) }
        const page = await succeeds(second.readBackwards(id, range))
        same([numbersOf(page.events), page.more], [numbers, more], JSON.stringify(range))
      }
    },
    'gives the same events backwards as forwards': async (stores) => {
      const { id, second } = await sevenIn(stores)
      const page = await succeeds(second.readBackwards(id, { limit: 10 }))
      same(page.events.toReversed(), await eventsOf(second, id))
    },
    'reads by tag up to a version, and backwards': async ({ store, second }) => {
      const [id, tag, other] = [freshStream(), freshTag(), freshTag()]
      const events = numbered(6).map((event, index) => ({
        ...event,
        tags: index % 2 === 0 ? [tag] : [other],
      }))
      await succeeds(store.append(appendTo(id, 0, events)))
      const upTo = await succeeds(second.read(id, { after: 0, upTo: 4, limit: 10, tags: [tag] }))
      same([numbersOf(upTo.events), upTo.more], [[1, 3], false])
      const newest = await succeeds(second.readBackwards(id, { limit: 2, tags: [tag] }))
      same([numbersOf(newest.events), newest.more], [[5, 3], true])
      const rest = await succeeds(second.readBackwards(id, { before: 3, limit: 2, tags: [tag] }))
      same([numbersOf(rest.events), rest.more], [[1], false])
      same((await succeeds(second.readBackwards(id, { limit: 2, tags: [] }))).events, [])
    },
    'says which version a stream has, over either connection': async ({ store, second }) => {
      const id = freshStream()
      for (const [index, reader] of [store, second, store].entries()) {
        same(await succeeds(reader.version(id)), 2 * index)
        await succeeds(second.append(appendTo(id, 2 * index, numbered(2))))
        same(await succeeds(reader.version(id)), 2 * index + 2)
      }
    },
    'reads nothing backwards from a stream that was never written to, which is at version 0':
      async ({ store }) => {
        const id = freshStream()
        same(await succeeds(store.readBackwards(id, { limit: 10 })), { events: [], more: false })
        same(await succeeds(store.version(id)), 0)
      },
    'rejects a range that is none, and reads nothing': async ({ store }) => {
      const id = freshStream()
      for (const number of [-1, 0.5, Number.NaN, Infinity]) {
        const invalid = { _tag: 'InvalidQuery' }
        await failsWith(store.read(id, { after: 0, limit: 1, upTo: number }), invalid)
        await failsWith(store.readBackwards(id, { limit: 1, before: number }), invalid)
        await failsWith(store.read(id, { after: 0, limit: number }), invalid)
        await failsWith(store.readBackwards(id, { limit: number }), invalid)
      }
      await failsWith(store.readBackwards(id, { limit: 0 }), { _tag: 'InvalidQuery' })
    },
    'rejects to read an invalid stream id': async ({ store }) => {
      for (const streamId of ['', '-', 'a-', '-a', 'nodash', 'x'.repeat(10_000), 'a-\n']) {
        const invalid = { _tag: 'InvalidStreamId' }
        await failsWith(store.read(streamId, { after: 0, limit: 1 }), invalid)
        await failsWith(store.readBackwards(streamId, { limit: 1 }), invalid)
        await failsWith(store.version(streamId), invalid)
      }
    },
  },
}
