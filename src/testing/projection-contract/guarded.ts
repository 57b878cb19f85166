import { same, succeeds } from '../store-contract/checks'
import { atOnce, repeatedly } from '../store-contract/fixtures'
import { type Suite, freshCollection, keysOf, valueOf } from './subject'

/** Writes that carry a revision: a stale one never wins. */
export const guarded: Suite = {
  name: 'guarded writes',
  tests: {
    'keeps the later revision, and says whether it was written': async ({ store, second }) => {
      const name = freshCollection()
      same(await succeeds(store.putIfNewer(name, 'a', 'two', 2)), true)
      same(await succeeds(store.putIfNewer(name, 'a', 'one', 1)), false)
      same(await succeeds(store.putIfNewer(name, 'a', 'two again', 2)), false)
      same(await succeeds(second.get(name, 'a')), { key: 'a', value: 'two', revision: 2 })
      same(await succeeds(second.putIfNewer(name, 'a', 'three', 3)), true)
      same(await succeeds(store.get(name, 'a')), { key: 'a', value: 'three', revision: 3 })
    },
    'lets the latest of ten writes at once win': ({ store, second }) =>
      repeatedly(5, async () => {
        const name = freshCollection()
        await atOnce(10, (index) => {
          const revision = ((index * 7) % 10) + 1
          const through = index % 2 === 0 ? store : second
          return succeeds(through.putIfNewer(name, 'a', revision, revision))
        })
        same(await succeeds(store.get(name, 'a')), { key: 'a', value: 10, revision: 10 })
      }),
    'does not bring back what was deleted at a later revision': async ({ store }) => {
      const name = freshCollection()
      await succeeds(store.putIfNewer(name, 'a', 'one', 1))
      same(await succeeds(store.putIfNewer(name, 'a', undefined, 3)), true)
      same(await succeeds(store.putIfNewer(name, 'a', 'two', 2)), false)
      same(await valueOf(store, name, 'a'), undefined)
      same(await succeeds(store.getMany(name, ['a'])), [])
      same(await keysOf(store, name), [])
      same(await succeeds(store.putIfNewer(name, 'a', 'four', 4)), true)
      same(await valueOf(store, name, 'a'), 'four')
    },
    'deletes at a revision what was never there': async ({ store }) => {
      const name = freshCollection()
      same(await succeeds(store.putIfNewer(name, 'a', undefined, 3)), true)
      same(await succeeds(store.putIfNewer(name, 'a', 'two', 2)), false)
      same(await valueOf(store, name, 'a'), undefined)
    },
    'remembers the revision when the document is written or deleted without one': async ({
      store,
    }) => {
      const name = freshCollection()
      await succeeds(store.putIfNewer(name, 'a', 'three', 3))
      await succeeds(store.put(name, 'a', 'by hand'))
      same(await succeeds(store.putIfNewer(name, 'a', 'two', 2)), false)
      await succeeds(store.delete(name, 'a'))
      same(await succeeds(store.putIfNewer(name, 'a', 'two', 2)), false)
      same(await valueOf(store, name, 'a'), undefined)
      await succeeds(store.write(name, [{ key: 'a', value: 'again' }]))
      same(await succeeds(store.get(name, 'a')), { key: 'a', value: 'again', revision: 3 })
    },
    'forgets the revisions of a collection that is cleared': async ({ store }) => {
      const name = freshCollection()
      await succeeds(store.putIfNewer(name, 'a', 'three', 3))
      await succeeds(store.putIfNewer(name, 'b', undefined, 3))
      while ((await succeeds(store.clear(name, 1))) > 0);
      same(await succeeds(store.putIfNewer(name, 'a', 'one', 1)), true)
      same(await succeeds(store.putIfNewer(name, 'b', 'one', 1)), true)
    },
  },
}
