import assert from 'node:assert/strict'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { type Suite, freshCollection, keysOf, valueOf } from './subject'

/** Documents in collections, found by key. */
export const documents: Suite = {
  name: 'documents',
  tests: {
    'gets what was put last, and nothing that was deleted': async ({ store, second }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'a', { n: 1 }))
      await succeeds(store.put(name, 'a', { n: 2 }))
      same(await succeeds(second.get(name, 'a')), { key: 'a', value: { n: 2 }, revision: 0 })
      await succeeds(store.delete(name, 'a'))
      await succeeds(store.delete(name, 'a'))
      same(await succeeds(second.get(name, 'a')), undefined)
      same(await keysOf(second, name), [])
    },
    'keeps any JSON as a value': async ({ store, second }) => {
      const name = freshCollection()
      for (const value of [null, true, 0, -1.5, '', 'text', [], [1, [2]], {}, { a: { b: null } }]) {
        await succeeds(store.put(name, 'a', value))
        same(await succeeds(second.get(name, 'a')), { key: 'a', value, revision: 0 })
      }
    },
    'rejects keys and values that some store could not keep, and writes nothing': async ({
      store,
    }) => {
      const name = freshCollection()
      const refused = { _tag: 'StoreFailed', reason: 'DataRefused', outcome: 'nothingWritten' }
      for (const key of ['a\u0000b', 'x'.repeat(9_000), 'x'.repeat(513), 'a\ud800']) {
        await failsWith(store.get(name, key), refused)
        await failsWith(store.getMany(name, ['a', key]), refused)
        await failsWith(store.put(name, key, 1), refused)
        await failsWith(store.write(name, [{ key: 'a', value: 1 }, { key }]), refused)
        await failsWith(store.putIfNewer(name, key, 1, 1), refused)
        await failsWith(store.delete(name, key), refused)
      }
      await failsWith(store.put(name, 'a', { text: 'a\u0000b' }), refused)
      await failsWith(store.write(name, [{ key: 'a', value: ['a\u0000b'] }]), refused)
      same(await keysOf(store, name), [])
      await succeeds(store.put(name, 'é'.repeat(512), 1))
      same(await keysOf(store, name), ['é'.repeat(512)])
    },
    'keeps collections apart': async ({ store }) => {
      const [left, right] = [freshCollection(), freshCollection()]
      await succeeds(store.put(left, 'a', 'left'))
      await succeeds(store.put(right, 'a', 'right'))
      await succeeds(store.delete(left, 'a'))
      same(
        [await valueOf(store, left, 'a'), await valueOf(store, right, 'a')],
        [undefined, 'right'],
      )
    },
    'writes and deletes many at once, and gets those that are there': async ({ store }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'old', 0))
      await succeeds(store.write(name, [{ key: 'a', value: 1 }, { key: 'old' }, { key: 'never' }]))
      await succeeds(store.write(name, []))
      same(await succeeds(store.getMany(name, ['a', 'old', 'none', 'a'])), [
        { key: 'a', value: 1, revision: 0 },
      ])
      same(await succeeds(store.getMany(name, [])), [])
    },
    'gives a collection in pages, by the code points of the keys': async ({ store }) => {
      const name = freshCollection()
      const keys = ['b', 'B', 'a', '\u{1F600}', '\uFF5E', 'aa', 'é']
      for (const key of keys) await succeeds(store.put(name, key, 1))
      const sorted = ['B', 'a', 'aa', 'b', 'é', '\uFF5E', '\u{1F600}']
      const first = await succeeds(store.all(name, { after: '', limit: 3 }))
      same(
        first.documents.map(({ key }) => key),
        sorted.slice(0, 3),
      )
      assert.equal(first.more, true)
      same(await keysOf(store, name, { after: 'aa' }), sorted.slice(3))
      same(await keysOf(store, name, { after: 'ab' }), sorted.slice(3))
      const last = await succeeds(store.all(name, { after: 'é', limit: 9 }))
      same([last.documents.length, last.more], [2, false])
    },
    'gives only what contains the wanted part, at any depth': async ({ store }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'a', { odd: true, inner: { n: 1, m: 2 }, tags: ['x', 'y'] }))
      await succeeds(store.put(name, 'b', { odd: false, inner: { n: 1 }, tags: ['y', 'z'] }))
      await succeeds(store.put(name, 'c', ['odd']))
      await succeeds(store.put(name, 'd', null))
      same(await keysOf(store, name, { where: { odd: true } }), ['a'])
      same(await keysOf(store, name, { where: { inner: { n: 1 } } }), ['a', 'b'])
      same(await keysOf(store, name, { where: { inner: { n: 1, m: 2 } } }), ['a'])
      same(await keysOf(store, name, { where: { tags: ['y'] } }), ['a', 'b'])
      same(await keysOf(store, name, { where: { tags: ['z', 'y'] } }), ['b'])
      same(await keysOf(store, name, { where: { odd: null } }), [])
      same(await keysOf(store, name, { where: { inner: { n: 1 } }, after: 'a' }), ['b'])
    },
    'clears a collection in portions': async ({ store }) => {
      const [name, other] = [freshCollection(), freshCollection()]
      for (const key of ['a', 'b', 'c']) await succeeds(store.put(name, key, 1))
      await succeeds(store.put(other, 'a', 1))
      same(await succeeds(store.clear(name, 2)), 2)
      same(await succeeds(store.clear(name, 2)), 1)
      same(await succeeds(store.clear(name, 2)), 0)
      same(await keysOf(store, other), ['a'])
    },
  },
}
