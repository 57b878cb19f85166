import assert from 'node:assert/strict'
import { numbersOf, same, succeeds } from '../store-contract/checks'
import { atOnce, freshCommandId } from '../store-contract/fixtures'
import type { Suite } from './subject'
import { filled, truncating } from './truncated'

/** Reads of streams that begin with a summary. */
export const truncatedReads: Suite = {
  name: 'truncating',
  tests: {
    'answers the summary first, and the version, to every read': async (subject) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 5)
      await succeeds(operator.truncateStream(truncating(streamId, 3)))
      const all = [103, 4, 5]
      for (const limit of [1, 2, 3, 4, 100]) {
        for (const after of [0, 1, 2, 3, 4, 5]) {
          const numbers = all.slice(Math.max(after - 2, 0))
          const expected = [numbers.slice(0, limit), numbers.length > limit]
          for (const more of [{}, { commandId: freshCommandId(), snapshotSchema: 1 }]) {
            const loaded = await succeeds(store.load({ streamId, after, limit, ...more }))
            same(loaded.version, 5)
            same([numbersOf(loaded.events), loaded.more], expected)
            for (const { position } of loaded.events) {
              assert.ok(position > 0, 'an event has its position')
            }
          }
          for (const upTo of [undefined, 5, 1_000_000]) {
            const range = { after, limit, ...(upTo === undefined ? {} : { upTo }) }
            const page = await succeeds(store.read(streamId, range))
            same([numbersOf(page.events), page.more], expected)
          }
        }
        const back = await succeeds(store.readBackwards(streamId, { limit }))
        same([numbersOf(back.events), back.more], [[5, 4, 103].slice(0, limit), limit < 3])
      }
      same((await succeeds(store.read(streamId, { after: 0, upTo: 2, limit: 9 }))).events, [])
      const pages = await atOnce(3, (index) =>
        succeeds(store.load({ streamId, after: index, limit: 2 })),
      )
      same(
        pages.map(({ events, more }) => [numbersOf(events), more]),
        [103, 103, 103].map((number) => [[number, 4], true]),
      )
    },
  },
}
