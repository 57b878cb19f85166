import type { ProjectionBuild } from '../../core/ports/projection-store'
import { same, succeeds } from '../store-contract/checks'
import { type Chapter, everything, freshCollection, keysOf, valueOf } from './subject'

const buildOf = (name: string, version: number, build: number): ProjectionBuild => ({
  version,
  build,
  collection: `${name}@${version}.${build}`,
})

/** Which documents the readers of a projection see. */
export const builds: Chapter = {
  name: 'builds',
  tests: {
    'shows readers the active build, and the next one from the moment it is activated': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = freshCollection()
      const [first, next] = [buildOf(name, 1, 1), buildOf(name, 2, 1)]
      await succeeds(store.put(first.collection, 'a', 'first'))
      await succeeds(store.put(next.collection, 'a', 'next'))
      same(await succeeds(second.active(name)), undefined)
      same(await succeeds(store.activate(name, first)), first)
      same(await valueOf(second, name, 'a'), 'first')
      same(await succeeds(store.activate(name, next)), next)
      same(await succeeds(second.active(name)), next)
      same(await valueOf(second, name, 'a'), 'next')
      const document = { key: 'a', value: 'next', revision: 0 }
      same(await succeeds(second.some(name, ['a'])), [document])
      same((await succeeds(second.all(name, everything))).documents, [document])
      same(await valueOf(second, first.collection, 'a'), 'first')
    },
    'never goes back to an earlier version or build': async ({ store }) => {
      const name = freshCollection()
      const now = buildOf(name, 2, 2)
      await succeeds(store.activate(name, now))
      for (const earlier of [buildOf(name, 2, 1), buildOf(name, 1, 9), now]) {
        same(await succeeds(store.activate(name, earlier)), now)
      }
      same(await succeeds(store.active(name)), now)
    },
    'does not show a build that has come less far than the one that readers see': async (
      subject,
    ) => {
      const { store, register } = subject
      const name = freshCollection()
      const reachedBy = async (build: ProjectionBuild, position: number) => {
        await succeeds(register({ name: build.collection, partitions: 2, position }))
        return build
      }
      const now = await reachedBy(buildOf(name, 1, 1), 7)
      same(await succeeds(store.activate(name, now)), now)
      same(await succeeds(store.activate(name, buildOf(name, 1, 2))), now) // it has not begun
      same(await succeeds(store.activate(name, await reachedBy(buildOf(name, 2, 1), 6))), now)
      same(await succeeds(store.active(name)), now)
      const next = await reachedBy(buildOf(name, 2, 2), 7)
      same(await succeeds(store.activate(name, next)), next)
    },
    'keeps the builds of projections apart': async ({ store }) => {
      const [left, right] = [freshCollection(), freshCollection()]
      await succeeds(store.activate(left, buildOf(left, 1, 1)))
      await succeeds(store.put(right, 'a', 1))
      same(await succeeds(store.active(right)), undefined)
      same(await keysOf(store, right), ['a'])
    },
  },
}
