import { buildOf } from '../../core/projection-build'
import type { DocumentRange, ProjectionBuild } from '../../core/ports/projection-store'
import { same, succeeds } from '../store-contract/checks'
import { type Suite, everything, freshCollection, held, keysOf, ownerOf, valueOf } from './subject'

/** Which documents the readers of a projection see. */
export const builds: Suite = {
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
      same(await succeeds(second.getMany(name, ['a'])), [document])
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
      const { store, subscriptions } = subject
      const name = freshCollection()
      const reachedBy = async (build: ProjectionBuild, position: number) => {
        await succeeds(subscriptions.register({ name: build.collection, partitions: 2, position }))
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
    'does not show a build that holds a stream back': async ({ store, subscriptions }) => {
      const name = freshCollection()
      await succeeds(store.activate(name, buildOf(name, 1, 1)))
      const next = buildOf(name, 2, 1)
      const lease = await ownerOf(subscriptions, next.collection, 7)
      const step = { lease, after: 7, position: 8 }
      await succeeds(
        subscriptions.save({ ...step, holding: { _tag: 'Hold', stream: held, retryAfter: 1 } }),
      )
      same((await succeeds(store.activate(name, next))).version, 1)
      same((await succeeds(store.builds(name))).at(-1)?.held, 1)
      const { streamId } = held
      const released = { _tag: 'Release', streamId } as const
      await succeeds(subscriptions.save({ lease, after: 8, position: 8, holding: released }))
      same(await succeeds(store.activate(name, next)), next)
    },
    'does not show a build of which a partition is stopped': async ({ store, subscriptions }) => {
      const name = freshCollection()
      const [now, next] = [buildOf(name, 1, 1), buildOf(name, 1, 2)]
      await succeeds(store.activate(name, now))
      const lease = await ownerOf(subscriptions, next.collection, 7)
      await succeeds(subscriptions.stop(lease, { message: 'no' }))
      same(await succeeds(store.activate(name, next)), now)
      same((await succeeds(store.builds(name))).at(-1)?.held, 1)
    },
    'shows readers of each version its newest build, while that is there': async (subject) => {
      const { store, second } = subject
      const name = freshCollection()
      const [first, rebuilt, later] = [
        buildOf(name, 1, 1),
        buildOf(name, 1, 2),
        buildOf(name, 2, 1),
      ]
      const seenBy = async (version: number) => {
        const some = await succeeds(second.getManyOfVersion(name, version, ['a', 'none']))
        const all = await succeeds(second.allOfVersion(name, version, everything))
        same(all._tag, some._tag)
        if (all._tag === 'Found' && some._tag === 'Found') {
          same([all.build, all.found], [some.build, { documents: some.found, more: false }])
        }
        return some._tag === 'Found'
          ? [some.build, ...some.found.map(({ value }) => value)]
          : [some._tag, some.active]
      }
      await succeeds(store.put(name, 'a', 'inline'))
      same(await seenBy(1), [undefined, 'inline'])
      for (const [build, value] of [
        [first, 'first'],
        [rebuilt, null],
        [later, { later: true }],
      ] as const) {
        await succeeds(store.put(build.collection, 'a', value))
      }
      await succeeds(store.activate(name, first))
      same(await seenBy(1), [first, 'first'])
      same(await seenBy(2), ['NoBuild', first])
      await succeeds(store.activate(name, rebuilt))
      same(await seenBy(1), [rebuilt, null])
      await succeeds(store.activate(name, later, 60_000))
      same(await seenBy(1), [rebuilt, null])
      same(await seenBy(2), [later, { later: true }])
      same(await seenBy(3), ['NoBuild', later])
    },
    'gives a build of a version in pages, and only what is wanted': async ({ store }) => {
      const name = freshCollection()
      const build = buildOf(name, 1, 1)
      for (const key of ['b', 'B', 'a', 'c']) {
        await succeeds(store.put(build.collection, key, { odd: key !== 'a' }))
      }
      await succeeds(store.activate(name, build))
      const page = async (range: Partial<DocumentRange>) => {
        const answer = await succeeds(store.allOfVersion(name, 1, { ...everything, ...range }))
        if (answer._tag === 'NoBuild') return answer
        return [answer.found.more, ...answer.found.documents.map(({ key }) => key)]
      }
      same(await page({ limit: 2 }), [true, 'B', 'a'])
      same(await page({ limit: 2, after: 'a' }), [true, 'b', 'c'])
      same(await page({ after: 'c' }), [false])
      same(await page({ where: { odd: true } }), [false, 'B', 'b', 'c'])
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
