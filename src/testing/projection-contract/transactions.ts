import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { atOnce } from '../store-contract/fixtures'
import { type Suite, freshCollection, keysOf, valueOf } from './subject'

const undo = { _tag: 'Undone', message: 'rolled back on purpose' } as const

/** Documents inside a transaction. */
export const transactions: Suite = {
  name: 'transactions',
  tests: {
    'keeps all that a transaction has written': async ({ store, transact }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'old', 0))
      await succeeds(
        transact((inside) =>
          pipe(
            inside.put(name, 'a', 1),
            TE.flatMap(() => inside.write(name, [{ key: 'b', value: 2 }, { key: 'old' }])),
            TE.flatMap(() => inside.putIfNewer(name, 'c', 3, 3)),
            TE.map(() => undefined),
          ),
        ),
      )
      same(await keysOf(store, name), ['a', 'b', 'c'])
      same(await succeeds(store.get(name, 'c')), { key: 'c', value: 3, revision: 3 })
    },
    'keeps nothing of a transaction that is rolled back': async ({ store, transact }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'old', 0))
      const undone = transact((inside) =>
        pipe(
          inside.put(name, 'a', 1),
          TE.flatMap(() => inside.delete(name, 'old')),
          TE.flatMap(() => inside.putIfNewer(name, 'old', 9, 9)),
          TE.flatMap(() => TE.left(undo)),
        ),
      )
      await failsWith(undone, undo)
      same(await keysOf(store, name), ['old'])
      same(await succeeds(store.get(name, 'old')), { key: 'old', value: 0, revision: 0 })
      same(await succeeds(store.putIfNewer(name, 'old', 1, 1)), true)
    },
    'shows a transaction its own writes': async ({ store, transact }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'b', 0))
      const seen: unknown[] = []
      await succeeds(
        transact((inside) => async () => {
          await succeeds(inside.put(name, 'a', 1))
          await succeeds(inside.delete(name, 'b'))
          seen.push(await valueOf(inside, name, 'a'), await valueOf(inside, name, 'b'))
          seen.push(await keysOf(inside, name))
          return TE.right(undefined)()
        }),
      )
      same(seen, [1, undefined, ['a']])
    },
    'keeps what others write meanwhile': async ({ store, second, transact }) => {
      const name = freshCollection()
      await succeeds(store.put(name, 'gone', 0))
      let others: Promise<unknown> = Promise.resolve()
      await succeeds(
        transact((inside) => async () => {
          await succeeds(inside.put(name, 'a', 1))
          // Not awaited: a store with one connection runs these afterwards.
          others = Promise.all([
            succeeds(second.put(name, 'b', 2)),
            succeeds(second.delete(name, 'gone')),
          ])
          await succeeds(inside.put(name, 'c', 3))
          return TE.right(undefined)()
        }),
      )
      await others
      same(await keysOf(store, name), ['a', 'b', 'c'])
    },
    'lets transactions that lock the same document run one after another': async ({
      store,
      transact,
    }) => {
      const name = freshCollection()
      await atOnce(10, () =>
        succeeds(
          transact((inside) => async () => {
            await succeeds(inside.lock(name, ['other', 'a']))
            const before = Number((await valueOf(inside, name, 'a')) ?? 0)
            return inside.put(name, 'a', before + 1)()
          }),
        ),
      )
      same(await valueOf(store, name, 'a'), 10)
    },
  },
}
