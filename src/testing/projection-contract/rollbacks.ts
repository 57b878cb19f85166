import { buildOf } from '../../core/projection-build'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { type Suite, freshCollection, type ReadModels, valueOf } from './subject'

/** The active build of version 2, with the one of version 1 kept. */
const changedOver = async ({ store }: ReadModels) => {
  const name = freshCollection()
  const [old, next] = [await succeeds(store.begin(name, 1)), await succeeds(store.begin(name, 2))]
  await succeeds(store.put(old.collection, 'a', 'old'))
  await succeeds(store.put(next.collection, 'a', 'next'))
  await succeeds(store.activate(name, old))
  await succeeds(store.activate(name, next, 60_000))
  return { name, old, next }
}

/** Rolling back to an earlier build. */
export const rollbacks: Suite = {
  name: 'rollbacks',
  tests: {
    'rolls back to the build that is kept, and removes the other one': async (subject) => {
      const { store, second } = subject
      const { name, old, next } = await changedOver(subject)
      same(await succeeds(store.rollBack(name)), { from: next, to: old })
      same(await succeeds(second.active(name)), old)
      same(await valueOf(second, name, 'a'), 'old')
      same(await succeeds(second.getManyOfVersion(name, 2, ['a'])), {
        _tag: 'NoBuild',
        active: old,
      })
      same(await succeeds(store.activate(name, next)), old)
      same(await succeeds(store.sweep(name, 9)), 1)
      same(await valueOf(second, next.collection, 'a'), undefined)
      const builds = await succeeds(second.builds(name))
      same(
        builds.map(({ state, keptUntil }) => [state, keptUntil]),
        [['active', undefined]],
      )
    },
    'rolls back one build at a time, as long as an earlier one is kept': async (subject) => {
      const { store } = subject
      const { name, old, next } = await changedOver(subject)
      const last = await succeeds(store.begin(name, 2))
      await succeeds(store.activate(name, last))
      same(await succeeds(store.rollBack(name)), { from: last, to: next })
      same(await succeeds(store.rollBack(name)), { from: next, to: old })
      same(await succeeds(store.rollBack(name)), undefined)
      same(await succeeds(store.active(name)), old)
      same(await succeeds(store.rollBack(freshCollection())), undefined)
    },
    'rolls back from a certain build only, if one is named': async (subject) => {
      const { store } = subject
      const { name, old, next } = await changedOver(subject)
      for (const other of [old, buildOf(name, 2, 2), buildOf(name, 3, 1)]) {
        same(await succeeds(store.rollBack(name, other)), undefined)
      }
      same(await succeeds(store.active(name)), next)
      same(await succeeds(store.rollBack(name, next)), { from: next, to: old })
      same(await succeeds(store.rollBack(name, next)), undefined)
      same(await succeeds(store.active(name)), old)
    },
    'cannot roll back after the old build has expired': async (subject) => {
      const { store } = subject
      const name = freshCollection()
      const now = buildOf(name, 2, 1)
      await succeeds(store.activate(name, buildOf(name, 1, 1)))
      await succeeds(store.activate(name, now, 0))
      await succeeds(store.sweep(name, 9))
      same(await succeeds(store.rollBack(name)), undefined)
      same(await succeeds(store.active(name)), now)
    },
    'lets no instance join a version that was rolled back, until a new build of it was activated':
      async (subject) => {
        const { store, second } = subject
        const { name } = await changedOver(subject)
        await succeeds(store.rollBack(name))
        const refused = { _tag: 'ProjectionRolledBack', projection: name, version: 2 }
        await failsWith(second.join(name, 2), refused)
        await succeeds(store.sweep(name, 9))
        const fixed = await succeeds(store.begin(name, 2))
        same(fixed, buildOf(name, 2, 2))
        await failsWith(second.join(name, 2), refused)
        same(await succeeds(store.activate(name, fixed)), fixed)
        same(await succeeds(second.join(name, 2)), fixed)
        same(await succeeds(store.join(name, 3)), buildOf(name, 3, 1))
      },
  },
}
