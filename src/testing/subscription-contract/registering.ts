import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { atOnce, repeatedly } from '../store-contract/fixtures'
import { type Suite, claim, claimOne, created, freshName } from './subject'

/** How a subscription begins and ends. */
export const registering: Suite = {
  name: 'registering and removing',
  tests: {
    'keeps the partitions and the position of the first registration': async (subject) => {
      const name = await created(subject, { partitions: 2, position: 7 })
      const again = { name, partitions: 3, position: 9 }
      same(await succeeds(subject.second.register(again)), 2)
      const { leases } = await claim(subject.store, name, 'a')
      same(
        leases.map(({ partition, position }) => [partition, position]),
        [
          [0, 7],
          [1, 7],
        ],
      )
    },
    'answers the same number of partitions to ten registrations at once': ({ store, second }) =>
      repeatedly(5, async () => {
        const name = freshName()
        const answers = await atOnce(10, (index) =>
          succeeds(
            (index % 2 === 0 ? store : second).register({
              name,
              partitions: 1 + (index % 3),
              position: 0,
            }),
          ),
        )
        assert.equal(new Set(answers).size, 1, `the answers were ${answers.join()}`)
        same((await claim(store, name, 'a')).leases.length, answers[0])
      }),
    'keeps subscriptions apart': async (subject) => {
      const [left, right] = [await created(subject), await created(subject)]
      const lease = await claimOne(subject.store, left, 'a')
      await succeeds(subject.store.save({ lease, after: 0, position: 5 }))
      same(await succeeds(subject.store.reached(left)), 5)
      same(await succeeds(subject.store.reached(right)), 0)
      same((await claim(subject.second, right, 'b')).leases.length, 1)
    },
    'answers for a subscription that does not exist': async ({ store }) => {
      const name = freshName()
      same(await claim(store, name, 'a'), { leases: [], share: 0, stopped: [] })
      same(await succeeds(store.reached(name)), undefined)
      same(await succeeds(store.remove(name)), false)
    },
    'forgets a subscription that is removed, and may create it again': async (subject) => {
      const name = await created(subject, { position: 3 })
      await claimOne(subject.store, name, 'a')
      same(await succeeds(subject.second.remove(name)), true)
      same(await succeeds(subject.store.remove(name)), false)
      same(await claim(subject.store, name, 'a'), { leases: [], share: 0, stopped: [] })
      same(await succeeds(subject.store.register({ name, partitions: 2, position: 8 })), 2)
      same(await succeeds(subject.store.reached(name)), 8)
    },
  },
}
