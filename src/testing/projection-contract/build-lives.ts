import { buildOf } from '../../core/projection-build'
import { same, succeeds } from '../store-contract/checks'
import { atOnce } from '../store-contract/fixtures'
import { type Suite, freshCollection, keysOf, ownerOf, type ReadModels, valueOf } from './subject'

const OWNER = 'owner'

/** Sweeps until nothing is left, two documents at a time. */
const sweep = async ({ store }: ReadModels, name: string): Promise<number> => {
  let sum = 0
  for (;;) {
    const deleted = await succeeds(store.sweep(name, 2))
    sum += deleted
    if (deleted < 2) return sum
  }
}

const statesOf = async ({ store }: ReadModels, name: string): Promise<ReadonlyArray<string>> =>
  (await succeeds(store.builds(name))).map(
    ({ version, build, state }) => `${version}.${build} ${state}`,
  )

/** How builds begin, and how they end. */
export const buildLives: Suite = {
  name: 'the lives of builds',
  tests: {
    'begins a build with a number that none had before, also when that is removed': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = freshCollection()
      same(await succeeds(store.begin(name, 1)), buildOf(name, 1, 1))
      const next = await succeeds(second.begin(name, 1))
      same(next, buildOf(name, 1, 2))
      same(await succeeds(store.begin(name, 2)), buildOf(name, 2, 1))
      same(await statesOf(subject, name), ['1.1 building', '1.2 building', '2.1 building'])
      await succeeds(store.abandon(name, next))
      await sweep(subject, name)
      same(await statesOf(subject, name), ['1.1 building', '2.1 building'])
      same(await succeeds(store.begin(name, 1)), buildOf(name, 1, 3))
      same(await succeeds(store.active(name)), undefined)
    },
    'gives each of ten that begin at once a build of its own': async ({ store, second }) => {
      const name = freshCollection()
      const builds = await atOnce(10, (index) =>
        succeeds((index % 2 === 0 ? store : second).begin(name, 1)),
      )
      const numbers = builds.map(({ build }) => build).sort((left, right) => left - right)
      same(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    },
    'passes over a number whose subscription is left from something else': async (subject) => {
      const { store, subscriptions } = subject
      const name = freshCollection()
      const { collection } = buildOf(name, 1, 1)
      await succeeds(subscriptions.register({ name: collection, partitions: 1, position: 7 }))
      same(await succeeds(store.begin(name, 1)), buildOf(name, 1, 2))
    },
    'lets those who join at once make one build, and those who begin another': async (subject) => {
      const { store, second } = subject
      const name = freshCollection()
      await succeeds(store.begin(name, 1))
      const builds = await atOnce(6, (index) =>
        succeeds((index % 2 === 0 ? store : second).join(name, 1)),
      )
      for (const build of builds) same(build, buildOf(name, 1, 2))
      same(await succeeds(store.begin(name, 1)), buildOf(name, 1, 3))
      same(await succeeds(store.join(name, 1)), buildOf(name, 1, 2))
      same(await succeeds(store.join(name, 2)), buildOf(name, 2, 1))
    },
    'answers who joins late the build that readers see by now': async ({ store, second }) => {
      const name = freshCollection()
      const build = await succeeds(store.join(name, 1))
      await succeeds(store.activate(name, build))
      same(await succeeds(second.join(name, 1)), build)
      same(await succeeds(store.begin(name, 1)), buildOf(name, 1, 2))
      same(await succeeds(second.join(name, 1)), build)
    },
    'does not continue what was abandoned, nor abandon what an instance works on': async (
      subject,
    ) => {
      const { store, subscriptions } = subject
      const name = freshCollection()
      const build = await succeeds(store.join(name, 1))
      await ownerOf(subscriptions, build.collection, 0)
      await succeeds(store.abandon(name, build))
      same((await succeeds(store.builds(name)))[0]?.instances, 1)
      same(await succeeds(store.join(name, 1)), build)
      await succeeds(subscriptions.leave(build.collection, OWNER))
      await succeeds(store.abandon(name, build))
      same(await succeeds(store.join(name, 1)), buildOf(name, 1, 2))
      same(await statesOf(subject, name), ['1.1 removing', '1.2 building'])
    },
    'abandons nothing that readers see, or that is kept': async (subject) => {
      const { store } = subject
      const name = freshCollection()
      const [old, next] = [buildOf(name, 1, 1), buildOf(name, 2, 1)]
      for (const build of [old, next]) await succeeds(store.activate(name, build))
      for (const build of [old, next]) await succeeds(store.abandon(name, build))
      same(await statesOf(subject, name), ['1.1 kept', '2.1 active'])
    },
    'removes what was abandoned, and its subscription first': async (subject) => {
      const { store, subscriptions } = subject
      const name = freshCollection()
      const build = await succeeds(store.begin(name, 1))
      const other = await succeeds(store.begin(name, 1))
      const { collection } = build
      const lease = await ownerOf(subscriptions, collection, 0)
      await succeeds(subscriptions.leave(collection, OWNER))
      for (const key of ['a', 'b', 'c']) await succeeds(store.put(collection, key, 1))
      await succeeds(store.put(other.collection, 'a', 1))
      same(await sweep(subject, name), 0)
      await succeeds(store.abandon(name, build))
      same(await succeeds(store.sweep(name, 2)), 2)
      same(await succeeds(subscriptions.reached(collection)), undefined)
      same((await subscriptions.save({ lease, after: 0, position: 1 })())._tag, 'Left')
      same(await sweep(subject, name), 1)
      same(await keysOf(store, collection), [])
      same(await statesOf(subject, name), ['1.2 building'])
      same(await valueOf(store, other.collection, 'a'), 1)
    },
    'never activates what was removed': async (subject) => {
      const { store } = subject
      const name = freshCollection()
      const [now, gone] = [
        await succeeds(store.begin(name, 1)),
        await succeeds(store.begin(name, 2)),
      ]
      await succeeds(store.activate(name, now))
      await succeeds(store.abandon(name, gone))
      same(await succeeds(store.activate(name, gone)), now)
      await sweep(subject, name)
      same(await succeeds(store.activate(name, gone)), now)
    },
    'keeps an old build for 100 years at most, and for no time less than none': async (subject) => {
      const { store } = subject
      const name = freshCollection()
      await succeeds(store.activate(name, buildOf(name, 1, 1)))
      for (const keepFor of [Number.POSITIVE_INFINITY, Number.MAX_VALUE, -1]) {
        const { build } = await succeeds(store.begin(name, 2))
        await succeeds(store.activate(name, buildOf(name, 2, build), keepFor))
      }
      await sweep(subject, name)
      same(await statesOf(subject, name), ['1.1 kept', '2.1 kept', '2.3 active'])
      const [kept] = await succeeds(store.builds(name))
      const years = ((kept?.keptUntil ?? 0) - (kept?.begunAt ?? 0)) / 31_557_600_000
      same(Math.round(years), 100)
    },
    'keeps the build that was active for the time that is given, and then removes it': async (
      subject,
    ) => {
      const { store, subscriptions } = subject
      const name = freshCollection()
      const builds = [buildOf(name, 1, 1), buildOf(name, 2, 1), buildOf(name, 3, 1)] as const
      for (const { collection } of builds) {
        await succeeds(subscriptions.register({ name: collection, partitions: 1, position: 0 }))
        await succeeds(store.put(collection, 'a', 1))
      }
      await succeeds(store.activate(name, builds[0]))
      await succeeds(store.activate(name, builds[1], 60_000))
      await sweep(subject, name)
      same(await statesOf(subject, name), ['1.1 kept', '2.1 active'])
      const [kept] = await succeeds(store.builds(name))
      const keptFor = (kept?.keptUntil ?? 0) - (kept?.begunAt ?? 0)
      same([kept?.reached, keptFor >= 60_000, keptFor < 600_000], [0, true, true])
      await succeeds(store.activate(name, builds[2], 0))
      await sweep(subject, name)
      same(await statesOf(subject, name), ['1.1 kept', '3.1 active'])
      same(await valueOf(store, builds[0].collection, 'a'), 1)
      same(await valueOf(store, builds[1].collection, 'a'), undefined)
      same(await succeeds(subscriptions.reached(builds[1].collection)), undefined)
    },
  },
}
