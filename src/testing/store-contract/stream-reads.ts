import assert from 'node:assert/strict'
import type { Suite } from './suite'
import { countTo, eventsOf, failsWith, numbersOf, same, succeeds } from './checks'
import { appendTo, freshStream, numbered } from './fixtures'

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
    'rejects to read an invalid stream id': async ({ store }) => {
      for (const streamId of ['', '-', 'a-', '-a', 'nodash', 'x'.repeat(10_000), 'a-\n']) {
        await failsWith(store.read(streamId, { after: 0, limit: 1 }), { _tag: 'InvalidStreamId' })
      }
    },
  },
}
