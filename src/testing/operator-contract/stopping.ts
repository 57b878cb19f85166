import type { SubscriptionFilter } from '../../core/ports/subscription-store'
import assert from 'node:assert/strict'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  type Suite,
  claimed,
  claimOne,
  FAILURE,
  firstOf,
  LONG,
  type Operated,
  registered,
} from './subject'

const MISSING = { _tag: 'SubscriptionNotFound', subscription: 'unknown' }

/** Stops a partition at an event. */
const stop = async (subject: Operated, position: number, at = 0): Promise<void> => {
  const lease = (await claimed(subject, 'mails'))[at]
  assert.ok(lease !== undefined)
  await succeeds(subject.subscriptions.stop(lease, { ...FAILURE, position }))
}

/** Subscriptions that are stopped. */
export const stopping: Suite = {
  name: 'stopping',
  tests: {
    'shows why a partition is stopped, and at which event': async (subject) => {
      await registered(subject, 'mails')
      await stop(subject, 7)
      const { state, failure, owner } = await firstOf(subject, 'mails')
      same([state, failure, owner], ['stopped', { ...FAILURE, position: 7 }, undefined])
    },
    'lets stopped partitions continue with the event that has stopped them, once': async (
      subject,
    ) => {
      const { operator } = subject
      await registered(subject, 'mails', { partitions: 2, position: 3 })
      await stop(subject, 7, 1)
      same(await succeeds(operator.resume('mails')), [1])
      same(await succeeds(operator.resume('mails')), [])
      same((await claimed(subject, 'mails')).length, 2)
      const positions = (await succeeds(operator.status('mails'))).map(({ position }) => position)
      same(positions, [3, 3])
    },
    'lets a stopped partition continue after the event at a position, once': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails', { partitions: 2, position: 3 })
      await stop(subject, 7, 1)
      same(await succeeds(operator.skipStopped('mails', 7)), [1])
      same(await succeeds(operator.skipStopped('mails', 7)), [])
      const seen = (await succeeds(operator.status('mails'))).map((one) => [
        one.position,
        one.failure?.message,
      ])
      same(seen, [
        [3, undefined],
        [7, undefined],
      ])
    },
    'skips nothing when another event has stopped the partition': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      same(await succeeds(operator.skipStopped('mails', 7)), [])
      await stop(subject, 7)
      same(await succeeds(operator.skipStopped('mails', 8)), [])
      const { state, position } = await firstOf(subject, 'mails')
      same([state, position], ['stopped', 0])
    },
    'gives no lease of a paused subscription, until it is unpaused': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      await registered(subject, 'others')
      await succeeds(operator.pause('mails'))
      same(await claimed(subject, 'mails'), [])
      same((await claimed(subject, 'others')).length, 1)
      const { state, pausedAt = 0, age } = await firstOf(subject, 'mails')
      same(state, 'paused')
      assert.ok(pausedAt > 0 && age >= 0, 'it says since when')
      await succeeds(operator.unpause('mails'))
      same((await claimed(subject, 'mails')).length, 1)
      same((await firstOf(subject, 'mails')).pausedAt, undefined)
    },
    'lets the owner of a paused subscription save its current batch': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails', 'worker')
      await succeeds(operator.pause('mails'))
      same(await claimed(subject, 'mails', 'worker'), [])
      same(await claimed(subject, 'mails', 'another'), [])
      await succeeds(subscriptions.save({ lease, after: 0, position: 5 }))
      await succeeds(subscriptions.release(lease))
      same((await firstOf(subject, 'mails')).position, 5)
      same(await claimed(subject, 'mails', 'another'), [])
    },
    'is paused once, and unpaused once': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      await succeeds(operator.unpause('mails'))
      await succeeds(operator.pause('mails'))
      const { pausedAt } = await firstOf(subject, 'mails')
      await succeeds(operator.pause('mails'))
      same((await firstOf(subject, 'mails')).pausedAt, pausedAt)
      await succeeds(operator.unpause('mails'))
      same((await succeeds(subject.subscriptions.claim('mails', 'a', LONG))).leases.length, 1)
    },
    'takes what is not wanted any more out of the declared filter': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { types: ['A', 'B'], categories: ['x', 'y'] })
      const outdatedFor = async (filter: SubscriptionFilter) =>
        (await succeeds(subscriptions.claim('mails', 'a', LONG, { filter }))).outdated
      await succeeds(operator.narrow('mails', { types: ['A', 'Z'] }))
      await succeeds(operator.narrow('mails', { types: ['A', 'Z'] }))
      const { types, categories } = await firstOf(subject, 'mails')
      same([types, categories], [['A'], ['x', 'y']])
      const known = { types: ['A'], categories: ['x'] }
      same(await outdatedFor(known), { categories: ['y'] })
      await succeeds(operator.narrow('mails', { types: [], categories: ['x'] }))
      same(await outdatedFor(known), undefined)
      same(await outdatedFor({ types: [], categories: ['x'] }), undefined)
    },
    'takes tags out of the declared filter as well': async (subject) => {
      await registered(subject, 'mails', { tags: ['a', 'b'] })
      await succeeds(subject.operator.narrow('mails', { tags: ['b', 'z'] }))
      same((await firstOf(subject, 'mails')).tags, ['b'])
    },
    'answers for a subscription that does not exist': async ({ operator }) => {
      await failsWith(operator.resume('unknown'), MISSING)
      await failsWith(operator.skipStopped('unknown', 1), MISSING)
      await failsWith(operator.pause('unknown'), MISSING)
      await failsWith(operator.unpause('unknown'), MISSING)
      await failsWith(operator.narrow('unknown', {}), MISSING)
    },
  },
}
