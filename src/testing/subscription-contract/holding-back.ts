import assert from 'node:assert/strict'
import { eventually } from '../eventually'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  aHeldStream,
  type Suite,
  claim,
  claimOne,
  created,
  holding,
  SHORT,
  takenOver,
} from './subject'

/** Streams that are held back by an event that could not be handled. */
export const holdingBack: Suite = {
  name: 'held streams',
  tests: {
    'holds back one stream and no other, for the next owner too': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(holding(lease, 0, aHeldStream('counter-1', 4))))
      same(await succeeds(store.heldStreams(lease)), ['counter-1'])
      await succeeds(store.release(lease))
      const next = await claimOne(second, name, 'b')
      same([next.position, await succeeds(second.heldStreams(next))], [4, ['counter-1']])
    },
    'makes a held stream due when its back-off is over, and not before': async (subject) => {
      const { store } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      const [soon, later] = [aHeldStream('counter-1', 4), aHeldStream('counter-2', 5)]
      const begun = performance.now()
      await succeeds(store.save(holding(lease, 0, soon, SHORT)))
      await succeeds(store.save(holding(lease, 4, later, 3_600_000)))
      const due = await eventually('the held stream', async () => {
        const found = await succeeds(store.dueStreams(lease))
        return found.length > 0 ? found : undefined
      })
      same(due, [{ ...soon, decision: 'retry' }])
      assert.ok(performance.now() - begun >= SHORT - 5, 'it became due too early')
    },
    'gives what is due by position': async (subject) => {
      const { store } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(holding(lease, 0, aHeldStream('counter-2', 4), 0)))
      await succeeds(store.save(holding(lease, 4, aHeldStream('counter-1', 5), 0)))
      const due = await eventually('both streams', async () => {
        const found = await succeeds(store.dueStreams(lease))
        return found.length === 2 ? found : undefined
      })
      same(
        due.map(({ streamId }) => streamId),
        ['counter-2', 'counter-1'],
      )
    },
    'releases a stream, and leaves the others held': async (subject) => {
      const { store } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(holding(lease, 0, aHeldStream('counter-1', 4))))
      await succeeds(store.save(holding(lease, 4, aHeldStream('counter-2', 5))))
      const release = { _tag: 'Release', streamId: 'counter-1' } as const
      await succeeds(store.save({ lease, after: 5, position: 5, holding: release }))
      same(await succeeds(store.heldStreams(lease)), ['counter-2'])
    },
    'parks a stream whose time never comes': async (subject) => {
      const { store } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(holding(lease, 0, aHeldStream('counter-1', 4))))
      same(await succeeds(store.dueStreams(lease)), [])
    },
    'makes commands due again that could not be decoded, and no other parked ones': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 2 })
      const { leases } = await claim(store, name, 'a')
      const [lease, other] = leases
      assert.ok(lease !== undefined && other !== undefined)
      const unread = (stream: string, position: number) => ({
        ...aHeldStream(stream, position),
        failure: { message: 'cannot be decoded', undecodable: true as const },
      })
      const again = unread('counter-2', 5)
      await succeeds(store.save(holding(lease, 0, aHeldStream('counter-1', 4))))
      await succeeds(store.save(holding(lease, 4, again)))
      await succeeds(store.save(holding(lease, 5, unread('counter-3', 6), 3_600_000)))
      await succeeds(store.save(holding(other, 0, unread('counter-4', 7))))
      same(await succeeds(store.dueStreams(lease)), [])
      await succeeds(second.retryUndecodable(lease))
      same(await succeeds(store.dueStreams(lease)), [{ ...again, decision: 'retry' }])
      same(await succeeds(store.dueStreams(other)), [])
    },
    'holds nothing back for an owner that was fenced off': async (subject) => {
      const name = await created(subject)
      const { old, next } = await takenOver(subject, name)
      const late = subject.store.save(holding(old, 0, aHeldStream('counter-1', 4)))
      await failsWith(late, { _tag: 'LeaseLost' })
      same(await succeeds(subject.second.heldStreams(next)), [])
    },
    'keeps the held streams of partitions and of subscriptions apart': async (subject) => {
      const { store } = subject
      const name = await created(subject, { partitions: 2 })
      const [first, second] = (await claim(store, name, 'a')).leases
      const other = await claimOne(store, await created(subject), 'a')
      assert.ok(first !== undefined && second !== undefined)
      await succeeds(store.save(holding(second, 0, aHeldStream('counter-1', 4), 0)))
      same(await succeeds(store.heldStreams(first)), [])
      same(await succeeds(store.dueStreams(first)), [])
      same(await succeeds(store.heldStreams(other)), [])
    },
  },
}
