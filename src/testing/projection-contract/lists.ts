import {
  type DocumentIndexes,
  type ListFilter,
  placesOf,
  sortRange,
} from '../../core/document-index'
import type { Json } from '../../core/json'
import { buildOf } from '../../core/projection-build'
import type { DocumentListRange, ProjectionStore } from '../../core/ports/projection-store'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { freshCollection, type Suite } from './subject'

const indexes = { byGroup: ['group', 'n'], byN: ['n'] } satisfies DocumentIndexes

type Listing = Pick<ProjectionStore, 'list'>
type Range = ListFilter & Partial<Pick<DocumentListRange, 'order' | 'after' | 'limit'>>

const rangeOf = (
  index: keyof typeof indexes,
  { where, from, to, ...range }: Range,
): DocumentListRange => {
  const filter = {
    ...(where === undefined ? {} : { where }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
  const sorted = sortRange(indexes[index], filter)
  if (typeof sorted === 'string') return { index, low: '', high: '', order: 'ascending', limit: 1 }
  return { index, ...sorted, order: 'ascending', limit: 1_000, ...range }
}

const pageOf = (
  store: Listing,
  collection: string,
  index: keyof typeof indexes,
  range: Range = {},
) => succeeds(store.list(collection, rangeOf(index, range)))

const listed = async (
  store: Listing,
  collection: string,
  index: keyof typeof indexes,
  range: Range = {},
): Promise<string> =>
  (await pageOf(store, collection, index, range)).documents.map(({ key }) => key).join(' ')

/** Writes documents with their places. */
const fill = (
  store: Pick<ProjectionStore, 'write'>,
  collection: string,
  documents: Readonly<Record<string, Json>>,
) =>
  succeeds(
    store.write(
      collection,
      Object.entries(documents).map(([key, value]) => ({
        key,
        value,
        places: placesOf(indexes, value),
      })),
    ),
  )

const groups = {
  a: { group: 'x', n: 3 },
  b: { group: 'y', n: 1 },
  c: { group: 'x', n: -2 },
  d: { group: 'x', n: 3 },
  e: { group: 'xy', n: 0 },
}

/** Lists of documents, sorted and filtered by declared fields. */
export const lists: Suite = {
  name: 'lists',
  tests: {
    'sorts by each field in turn, then by key, in both directions': async ({ store, second }) => {
      const name = freshCollection()
      await fill(store, name, groups)
      same(await listed(second, name, 'byGroup'), 'c a d e b')
      same(await listed(second, name, 'byGroup', { order: 'descending' }), 'b e d a c')
      same(await listed(second, name, 'byN'), 'c e b a d')
      const { documents, more } = await pageOf(second, name, 'byN', { limit: 1 })
      const [first] = documents
      same(
        { key: first?.key, value: first?.value, revision: first?.revision },
        { key: 'c', value: groups.c, revision: 0 },
      )
      same(more, true)
    },
    'sorts values of every type': async ({ store }) => {
      const name = freshCollection()
      const values = [
        ...[null, false, true, -1e300, -2, -0.5, 0, 1e-300, 0.5, 1, 10, 1e300],
        ...['', '\u0001', 'B', 'a', 'a\u0001b', 'ab', 'é', '\ud83d\ude00', [1], { a: 1 }],
      ]
      const keys = values.map((_, index) => `k${index < 10 ? '0' : ''}${index}`)
      const documents = keys.map((key, index) => [key, { n: values[index] ?? null }] as const)
      await fill(store, name, Object.fromEntries([...documents].reverse()))
      same(await listed(store, name, 'byN'), keys.join(' '))
      const descending = await pageOf(store, name, 'byN', { order: 'descending' })
      // The last two are of the same rank: by key.
      same(descending.documents.map(({ key }) => key).join(' '), [...keys].reverse().join(' '))
    },
    'finds by the first fields, and by a range of the next one': async ({ store }) => {
      const name = freshCollection()
      await fill(store, name, groups)
      const x = { where: { group: 'x' } }
      same(await listed(store, name, 'byGroup', x), 'c a d')
      same(await listed(store, name, 'byGroup', { where: { group: 'x', n: 3 } }), 'a d')
      same(await listed(store, name, 'byGroup', { ...x, from: 0 }), 'a d')
      same(await listed(store, name, 'byGroup', { ...x, to: 0 }), 'c')
      same(await listed(store, name, 'byGroup', { where: { group: 'z' } }), '')
      same(await listed(store, name, 'byN', { from: 0, to: 1 }), 'e b')
      same(await listed(store, name, 'byN', { from: 0, to: 1, order: 'descending' }), 'b e')
      same(await listed(store, freshCollection(), 'byN'), '')
    },
    'goes on after the last document, whatever is written meanwhile': async ({ store, second }) => {
      const name = freshCollection()
      await fill(store, name, groups)
      const page = await pageOf(store, name, 'byGroup', { limit: 2 })
      same(
        page.documents.map(({ key }) => key),
        ['c', 'a'],
      )
      const after = page.documents.at(-1)
      if (after === undefined) return
      await fill(second, name, { b0: { group: 'a', n: 0 }, z: { group: 'x', n: 4 } })
      await succeeds(second.delete(name, 'a'))
      same(await listed(store, name, 'byGroup', { after }), 'd z e b')
      same(await listed(store, name, 'byGroup', { after, order: 'descending' }), 'c b0')
      same(await listed(store, name, 'byGroup', { after, where: { group: 'x' }, limit: 1 }), 'd')
    },
    'moves a document with its fields, and forgets it when it is deleted': async ({ store }) => {
      const name = freshCollection()
      await fill(store, name, groups)
      await fill(store, name, { a: { group: 'z', n: 9 } })
      await succeeds(store.write(name, [{ key: 'd' }]))
      await succeeds(store.put(name, 'c', { group: 'q', n: 7 })) // without places: it stays
      same(await listed(store, name, 'byGroup'), 'c e b a')
      await succeeds(store.putIfNewer(name, 'e', { group: 'e', n: 0 }, 2))
      await succeeds(store.putIfNewer(name, 'e', undefined, 1))
      same(await listed(store, name, 'byGroup'), 'c e b a')
      await succeeds(store.putIfNewer(name, 'e', undefined, 3))
      await succeeds(store.putIfNewer(name, 'b', { group: 'y', n: 1 }, 3))
      await succeeds(store.delete(name, 'b'))
      await succeeds(store.put(name, 'b', { group: 'y', n: 1 }))
      same(await listed(store, name, 'byGroup'), 'c a')
      while ((await succeeds(store.clear(name, 1))) > 0);
      await succeeds(store.put(name, 'a', 1))
      same(await listed(store, name, 'byGroup'), '')
    },
    'tells long texts apart': async ({ store }) => {
      const name = freshCollection()
      const long = 'é'.repeat(5_000)
      await fill(store, name, {
        ['k'.repeat(512)]: { group: `${long}1`, n: 1 },
        b: { group: `${long}2`, n: 1 },
        c: { group: long.slice(0, 50), n: 1 },
      })
      same(await listed(store, name, 'byGroup', { where: { group: `${long}2` } }), 'b')
      same((await listed(store, name, 'byGroup')).split(' ')[0], 'c')
      same(await listed(store, name, 'byGroup', { where: { group: long } }), '')
    },
    'rejects texts that some store could not keep': async ({ store }) => {
      const name = freshCollection()
      const refused = { _tag: 'StoreFailed', reason: 'DataRefused', outcome: 'nothingWritten' }
      for (const text of ['a\u0000b', 'a\ud800']) {
        const places = [{ [text]: 'a' }, { byN: text }]
        for (const wrong of places) {
          await failsWith(store.write(name, [{ key: 'a', value: 1, places: wrong }]), refused)
        }
        const sound = rangeOf('byN', {})
        await failsWith(store.list(name, { ...sound, index: text }), refused)
        await failsWith(store.list(name, { ...sound, low: text }), refused)
        await failsWith(store.list(name, { ...sound, high: text }), refused)
        const after = { sortKey: 'a', key: text }
        await failsWith(store.listOfVersion(name, 1, { ...sound, after }), refused)
      }
      same(await succeeds(store.get(name, 'a')), undefined)
    },
    'lists inside a transaction what it has written': async ({ store, transact }) => {
      const name = freshCollection()
      await fill(store, name, groups)
      let seen = ''
      await succeeds(
        transact((inside) => async () => {
          await fill(inside, name, { f: { group: 'a', n: 0 } })
          await succeeds(inside.delete(name, 'a'))
          seen = await listed(inside, name, 'byGroup')
          return inside.put(name, 'g', 1)()
        }),
      )
      same(seen, 'f c d e b')
      same(await listed(store, name, 'byGroup'), 'f c d e b')
    },
    'lists the newest build of a version': async ({ store, second }) => {
      const name = freshCollection()
      const [first, next] = [buildOf(name, 1, 1), buildOf(name, 2, 1)]
      await fill(store, name, { inline: { n: 1 } })
      const listedIn = async (version: number) => {
        const answer = await succeeds(second.listOfVersion(name, version, rangeOf('byN', {})))
        return answer._tag === 'NoBuild'
          ? `not built: ${answer.active.collection}`
          : `${answer.build?.collection ?? 'inline'}: ${answer.found.documents.map(({ key }) => key).join(' ')}`
      }
      same(await listedIn(1), 'inline: inline')
      await fill(store, first.collection, { b: { n: 2 }, a: { n: 3 } })
      await fill(store, next.collection, { c: { n: 1 } })
      await succeeds(store.activate(name, first))
      same(await listedIn(1), `${first.collection}: b a`)
      same(await listedIn(2), `not built: ${first.collection}`)
      await succeeds(store.activate(name, next))
      same(await listedIn(1), `${first.collection}: b a`)
      same(await listedIn(2), `${next.collection}: c`)
      same(await listed(second, name, 'byN'), 'c')
    },
  },
}
