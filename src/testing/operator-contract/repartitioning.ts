import assert from 'node:assert/strict'
import { partitionOf } from '../../core/partition'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { aProjection, KEEPS, runs } from './moving'
import {
  type Suite,
  claimed,
  claimOne,
  FAILURE,
  heldStream,
  hold,
  registered,
  shape,
  stepTo,
} from './subject'

const FENCED = { _tag: 'LeaseLost' }

const quietly = (partitions: number) => ({ partitions, owners: 'refuse', apart: 'refuse' }) as const

/** Subscriptions that get another number of partitions. */
export const repartitioning: Suite = {
  name: 'repartitioning',
  tests: {
    'has more partitions, or fewer, all at the position that it was at': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails', { partitions: 2, position: 3 })
      same(await succeeds(operator.repartition('mails', quietly(3))), 3)
      same(await shape(subject, 'mails'), [
        [0, 3, 3],
        [1, 3, 3],
        [2, 3, 3],
      ])
      same(await succeeds(operator.repartition('mails', quietly(3))), 3)
      same(await succeeds(operator.repartition('mails', quietly(1))), 3)
      same(await shape(subject, 'mails'), [[0, 1, 3]])
      const answered = await succeeds(
        subject.subscriptions.register({ name: 'mails', partitions: 9, position: 0 }),
      )
      same(answered, 1)
    },
    'keeps of which store its checkpoints are': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { position: 3 })
      const lease = await claimOne(subject, 'mails')
      await succeeds(subscriptions.save({ lease, after: 3, position: 3, lineage: 'one' }))
      await succeeds(operator.repartition('mails', { ...quietly(3), owners: 'fenceOff' }))
      same(
        (await claimed(subject, 'mails')).map(({ lineage }) => lineage),
        ['one', 'one', 'one'],
      )
    },
    'keeps each held stream in the partition that it belongs to then': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      let lease = await claimOne(subject, 'mails')
      const streams = ['counter-1', 'counter-2', 'counter-3', 'counter-4']
      for (const [index, streamId] of streams.entries()) {
        lease = await hold(subject, lease, heldStream(streamId, index + 1))
      }
      await succeeds(operator.repartition('mails', { ...quietly(3), owners: 'fenceOff' }))
      for (const next of await claimed(subject, 'mails')) {
        same(
          [...(await succeeds(subscriptions.heldStreams(next)))].sort(),
          streams.filter((streamId) => partitionOf(streamId, 3) === next.partition),
        )
      }
    },
    'fences off the owners of the old partitions, whatever partition they had': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { partitions: 2 })
      const old = await claimed(subject, 'mails')
      await failsWith(operator.repartition('mails', quietly(3)), runs('mails'))
      await succeeds(operator.repartition('mails', { ...quietly(3), owners: 'fenceOff' }))
      await claimed(subject, 'mails', 'next')
      for (const lease of old) {
        await failsWith(subscriptions.save({ lease, after: 0, position: 1 }), FENCED)
      }
    },
    'continues from the lowest position only if that is requested': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { partitions: 2, position: 3 })
      const [first] = await claimed(subject, 'mails')
      assert.ok(first !== undefined)
      await stepTo(subject, first, 8)
      for (const lease of await claimed(subject, 'mails'))
        await succeeds(subscriptions.release(lease))
      const apart = { _tag: 'PartitionsApart', subscription: 'mails', lowest: 3, highest: 8 }
      await failsWith(operator.repartition('mails', quietly(1)), apart)
      same(await shape(subject, 'mails'), [
        [0, 2, 8],
        [1, 2, 3],
      ])
      const lowest = { partitions: 1, owners: 'refuse', apart: 'fromLowest' } as const
      same(await succeeds(operator.repartition('mails', lowest)), 3)
      same(await shape(subject, 'mails'), [[0, 1, 3]])
    },
    'divides a projection only if no document becomes wrong': async (subject) => {
      const { operator } = subject
      await aProjection(subject, 2)
      const lowest = { partitions: 3, owners: 'fenceOff', apart: 'fromLowest' } as const
      const [first] = await claimed(subject, 'totals@1.1')
      assert.ok(first !== undefined)
      await stepTo(subject, first, 8)
      await failsWith(operator.repartition('totals@1.1', lowest), KEEPS)
      const [, second] = await claimed(subject, 'totals@1.1')
      assert.ok(second !== undefined)
      await stepTo(subject, second, 8)
      same(await succeeds(operator.repartition('totals@1.1', lowest)), 8)
    },
    'lets a stopped partition continue with the event that has stopped it': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { position: 3 })
      await succeeds(subscriptions.stop(await claimOne(subject, 'mails'), FAILURE))
      same(await succeeds(operator.repartition('mails', quietly(2))), 3)
      same((await claimed(subject, 'mails')).length, 2)
    },
    'has from 1 to 1,024 partitions': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      for (const partitions of [0, -1, 1.5, 1_025, Number.NaN]) {
        const invalid = { _tag: 'InvalidOperation', argument: 'number of partitions' }
        await failsWith(operator.repartition('mails', quietly(partitions)), invalid)
      }
      same(await succeeds(operator.repartition('mails', quietly(1_024))), 0)
      same((await shape(subject, 'mails')).length, 1_024)
    },
    'answers for a subscription that does not exist': async ({ operator }) => {
      const missing = { _tag: 'SubscriptionNotFound', subscription: 'unknown' }
      await failsWith(operator.repartition('unknown', quietly(2)), missing)
    },
  },
}
