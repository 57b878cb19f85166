import assert from 'node:assert/strict'
import type { Suite } from './suite'
import { countTo, eventsOf, holds, numbersOf, same, succeeds, winnersAmong } from './checks'
import { appendTo, atOnce, freshCategory, freshStream, numbered, repeatedly } from './fixtures'

/** Defects that were found in the predecessors of this library, or in similar ones. */
export const knownDefects: Suite = {
  name: 'defects known from elsewhere',
  tests: {
    'does not reverse the events of one command': async ({ store }) => {
      const [id, events] = [freshStream(), numbered(3)]
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(store, id, events)
      const loaded = await succeeds(store.load({ streamId: id, after: 1, limit: 10 }))
      same(numbersOf(loaded.events), [2, 3])
    },
    'orders events by version, not by a clock that stops': async ({ store }) => {
      // Two hundred appends within a few milliseconds: only the version can order them.
      const id = freshStream()
      for (let version = 0; version < 200; version++) {
        await succeeds(store.append(appendTo(id, version, numbered(1, version + 1))))
      }
      same(numbersOf(await eventsOf(store, id, 7)), countTo(200))
    },
    'never has two events of the same version in a stream': ({ store, second }) =>
      repeatedly(10, async () => {
        const id = freshStream()
        await atOnce(10, (index) => {
          const writer = index % 2 === 0 ? store : second
          return writer.append(appendTo(id, index % 3 === 0 ? 0 : 'any', numbered(1)))()
        })
        const versions = (await eventsOf(store, id)).map(({ version }) => version)
        same(versions, countTo(versions.length))
      }),
    'is not left locked by an append that failed': async ({ store, second }) => {
      const id = freshStream()
      for (let index = 0; index < 30; index++) {
        assert.equal((await store.append(appendTo(id, 7, numbered(1)))())._tag, 'Left')
        assert.equal((await store.append(appendTo(id, -1, numbered(1)))())._tag, 'Left')
      }
      await succeeds(second.append(appendTo(id, 0, numbered(1))))
    },
    'reports a conflict as a conflict': async ({ store, second }) => {
      const category = freshCategory()
      const id = freshStream(category)
      const answers = await atOnce(20, (index) =>
        (index % 2 === 0 ? store : second).append(appendTo(id, 0, numbered(1)))(),
      )
      assert.equal(winnersAmong(answers, 'VersionConflict').length, 1)
    },
    'reads a stream longer than any page of it': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(2500))))
      same(numbersOf(await eventsOf(store, id, 1000)), countTo(2500))
    },
  },
}
