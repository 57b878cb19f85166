import assert from 'node:assert/strict'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  aHeldStream,
  type Chapter,
  claim,
  claimOne,
  created,
  holding,
  SHORT,
  stepTo,
  type Subscriptions,
  takenOver,
} from './subject'

const FENCED = { _tag: 'FencedOff' }
const failure = { message: 'enough', stack: 'here' }

const statusOf = async ({ second }: Subscriptions, name: string) =>
  (await succeeds(second.status())).filter(({ subscription }) => subscription === name)

/** What an operator sees and does. */
export const operating: Chapter = {
  name: 'operating',
  tests: {
    'shows where each partition stands, who has it and what it holds': async (subject) => {
      const name = await created(subject, { partitions: 2, position: 3 })
      const idle = { subscription: name, position: 3, held: 0 }
      same(await statusOf(subject, name), [
        { ...idle, partition: 0 },
        { ...idle, partition: 1 },
      ])
      const lease = await claimOne(subject.store, name, 'a')
      await succeeds(subject.store.save(holding(lease, 3, aHeldStream('counter-1', 4))))
      const [first, other] = await statusOf(subject, name)
      same([first?.owner, first?.position, first?.held], ['a', 4, 1])
      same([other?.owner, other?.position, other?.held], ['a', 3, 0])
      const age = first?.heartbeatAge ?? -1
      assert.ok(age >= 0 && age < 10_000, `the last heartbeat was ${age} ms ago`)
    },
    'shows no owner whose lease has expired': async (subject) => {
      const name = await created(subject)
      await claimOne(subject.store, name, 'a', SHORT)
      const end = Date.now() + 5_000
      while ((await statusOf(subject, name))[0]?.owner !== undefined) {
        assert.ok(Date.now() < end, 'the owner is still shown')
      }
    },
    'does nothing after a stop until it is resumed': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.halt(lease, failure))
      await failsWith(store.halt(lease, failure), FENCED)
      await failsWith(store.save(stepTo(lease, 9)), FENCED)
      const stopped = [{ partition: 0, failure }]
      same(await claim(second, name, 'b'), { leases: [], share: 1, stopped })
      same((await statusOf(subject, name))[0]?.failure, failure)
      same(await succeeds(second.resume(name)), true)
      same(await succeeds(second.resume(name)), false)
      same((await claim(second, name, 'b')).leases.length, 1)
    },
    'is not stopped by an owner that was fenced off': async (subject) => {
      const name = await created(subject)
      const { old, next } = await takenOver(subject, name)
      await failsWith(subject.store.halt(old, failure), FENCED)
      await succeeds(subject.second.save(stepTo(next, 5)))
    },
    'is reset with its owner fenced off and nothing held': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(holding(lease, 0, aHeldStream('counter-1', 4))))
      same(await succeeds(second.reset(name, 1)), true)
      await failsWith(store.save(stepTo(lease, 9, 1)), FENCED)
      const next = await claimOne(store, name, 'a')
      same([next.position, await succeeds(store.held(next))], [1, []])
      same(await succeeds(second.parked(name)), [])
    },
    'fences off the owner of a subscription that is removed': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(second.remove(name))
      await failsWith(store.save(stepTo(lease, 9)), FENCED)
      same(await statusOf(subject, name), [])
    },
  },
}
