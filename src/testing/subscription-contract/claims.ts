import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { atOnce, repeatedly } from '../store-contract/fixtures'
import { eventually } from '../eventually'
import {
  type Suite,
  claim,
  claimOne,
  created,
  SHORT,
  type Subscriptions,
  takenOver,
} from './subject'

const claimsOfTen = async ({ store, second }: Subscriptions, name: string) => {
  const claims = await atOnce(10, (index) =>
    claim(index % 2 === 0 ? store : second, name, `instance ${index}`),
  )
  return claims.flatMap(({ leases }) => leases)
}

/** Each partition has one owner for the time of its lease. */
export const claims: Suite = {
  name: 'leases',
  tests: {
    'leases each partition to one of ten instances that claim at once': (subject) =>
      repeatedly(5, async () => {
        const name = await created(subject, { partitions: 4 })
        const partitions = (await claimsOfTen(subject, name)).map(({ partition }) => partition)
        same(partitions.length, new Set(partitions).size)
        assert.ok(partitions.includes(0), 'the first partition has an owner')
      }),
    'leases a partition whose lease has expired to one of ten': (subject) =>
      repeatedly(3, async () => {
        const name = await created(subject)
        const old = await claimOne(subject.store, name, 'old', SHORT)
        const won = await eventually('another owner', async () => {
          const leases = await claimsOfTen(subject, name)
          return leases.length > 0 ? leases : undefined
        })
        same(won.length, 1)
        assert.ok((won[0]?.token ?? 0) > old.token, 'its token is higher')
      }),
    'leases nothing to another instance before the lease has expired': async (subject) => {
      const name = await created(subject)
      await claimOne(subject.store, name, 'a')
      same((await claim(subject.second, name, 'b')).leases, [])
    },
    'extends the lease of its owner under the same token': async (subject) => {
      const name = await created(subject)
      const first = await claimOne(subject.store, name, 'a', 1_000)
      const again = await claim(subject.store, name, 'a')
      same(again.leases, [first])
    },
    'leases nothing to an owner that comes back too late': async (subject) => {
      const name = await created(subject)
      const { old, next } = await takenOver(subject, name)
      assert.ok(next.token > old.token, 'the token grows with every change of owner')
      same((await claim(subject.store, name, 'old')).leases, [])
    },
    'leases a released partition at once, under a higher token': async (subject) => {
      const name = await created(subject)
      const old = await claimOne(subject.store, name, 'a')
      await succeeds(subject.store.release(old))
      const [next] = (await claim(subject.second, name, 'b')).leases
      assert.ok((next?.token ?? 0) > old.token, 'the token grows with every change of owner')
    },
    'ignores a release by an old owner': async (subject) => {
      const name = await created(subject)
      const { old } = await takenOver(subject, name)
      await succeeds(subject.store.release(old))
      same((await claim(subject.store, name, 'third')).leases, [])
    },
    'answers each instance its share, and leases it no more free partitions than that': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 4 })
      same((await claim(store, name, 'a')).share, 4)
      const late = await claim(second, name, 'b')
      same([late.share, late.leases.length], [2, 0])
      for (const lease of (await claim(store, name, 'a')).leases.slice(2)) {
        await succeeds(store.release(lease))
      }
      same((await claim(store, name, 'a')).leases.length, 2)
      same((await claim(second, name, 'b')).leases.length, 2)
    },
    'shares among the instances that are alive and have not left': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 4 })
      await claim(second, name, 'left')
      await succeeds(second.leave(name, 'left'))
      same((await claim(store, name, 'a')).share, 4)
      await claim(second, name, 'silent', SHORT)
      await eventually('the share of the silent one', async () =>
        (await claim(store, name, 'a')).share === 4 ? true : undefined,
      )
    },
  },
}
