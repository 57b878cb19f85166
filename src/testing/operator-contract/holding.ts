import assert from 'node:assert/strict'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  appended,
  type Suite,
  claimOne,
  FAILURE,
  heldStream,
  hold,
  LONG,
  type Operated,
  registered,
} from './subject'

const ALL = { after: 0, limit: 100 }
const MISSING = { _tag: 'SubscriptionNotFound', subscription: 'unknown' }

const heldOf = async ({ operator }: Operated, name = 'mails') =>
  (await succeeds(operator.heldEvents(name, ALL))).events

const positionsOf = (events: ReadonlyArray<{ readonly position: number }>) =>
  events.map(({ position }) => position)

/** Events that could not be handled, and what is decided about them. */
export const holding: Suite = {
  name: 'held events',
  tests: {
    'shows an event with its error, attempts, stream and the time of the last attempt': async (
      subject,
    ) => {
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      const stream = heldStream('counter-1', 4, { version: 2, attempts: 3 })
      await hold(subject, lease, stream)
      const [held, ...others] = await heldOf(subject)
      assert.ok(held !== undefined)
      const { triedAt, ...event } = held
      same(others, [])
      same(event, {
        ...stream,
        failure: FAILURE,
        partition: 0,
        parked: true,
        behind: { events: 0, orMore: false },
      })
      const { heartbeatAt = 0 } = (await succeeds(subject.operator.status('mails')))[0] ?? {}
      assert.ok(Math.abs(triedAt - heartbeatAt) < 10_000, 'it was tried a moment ago')
    },
    'shows when an event is going to be tried again': async (subject) => {
      await registered(subject, 'mails')
      await hold(subject, await claimOne(subject, 'mails'), heldStream('counter-1', 4), LONG)
      const [held] = await heldOf(subject)
      same([held?.parked, held?.decision], [false, undefined])
      const wait = (held?.retryAt ?? 0) - (held?.triedAt ?? 0)
      assert.ok(Math.abs(wait - LONG) < 1_000, `it is tried again after ${wait} ms`)
    },
    'counts the later events of the stream that wait, up to the checkpoint': async (subject) => {
      await registered(subject, 'mails', { types: ['Counted'] })
      const positions = await appended(subject, 'counter-1', [
        'Counted',
        'Ignored',
        'Counted',
        'Counted',
      ])
      const [first = 0, , third = 0] = positions
      const lease = await hold(
        subject,
        await claimOne(subject, 'mails'),
        heldStream('counter-1', first),
      )
      await succeeds(subject.subscriptions.save({ lease, after: first, position: third }))
      same((await heldOf(subject))[0]?.behind, { events: 1, orMore: false })
    },
    'gives pages by position, and says exactly whether there is more': async (subject) => {
      await registered(subject, 'mails')
      let lease = await claimOne(subject, 'mails')
      for (const [stream, position] of [
        ['counter-3', 1],
        ['counter-1', 2],
        ['counter-2', 3],
      ] as const) {
        lease = await hold(subject, lease, heldStream(stream, position))
      }
      const page = async (after: number, limit: number) => {
        const { events, more } = await succeeds(
          subject.operator.heldEvents('mails', { after, limit }),
        )
        return [positionsOf(events), more]
      }
      same(await page(0, 2), [[1, 2], true])
      same(await page(2, 1), [[3], false])
      same(await page(0, 3), [[1, 2, 3], false])
      same(await page(3, 1), [[], false])
    },
    'holds nothing of a subscription that there is not': async ({ operator }) => {
      const none = { events: [], more: false }
      same(await succeeds(operator.heldEvents('unknown', ALL)), none)
    },
    'hands a decision to the owner, and shows it until it is carried out': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      const stream = heldStream('counter-1', 4)
      await hold(subject, lease, stream)
      same(await succeeds(subscriptions.dueStreams(lease)), [])
      const { streamId, version, position, type } = stream
      const decided = [{ streamId, version, position, type }]
      same(await succeeds(operator.decide('mails', 'skip', [4])), decided)
      same(await succeeds(subscriptions.dueStreams(lease)), [{ ...stream, decision: 'skip' }])
      const [held] = await heldOf(subject)
      same([held?.parked, held?.decision], [false, 'skip'])
    },
    'decides about these positions only, and answers them by position': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      let lease = await claimOne(subject, 'mails')
      for (const position of [1, 2, 3]) {
        lease = await hold(subject, lease, heldStream(`counter-${9 - position}`, position))
      }
      const decided = await succeeds(operator.decide('mails', 'retry', [3, 1, 77]))
      same(positionsOf(decided), [1, 3])
      same(positionsOf(await succeeds(subscriptions.dueStreams(lease))), [1, 3])
    },
    'decides nothing about an event that has taken the place of the one that was seen': async (
      subject,
    ) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      const next = await hold(subject, lease, heldStream('counter-1', 4))
      await hold(subject, next, heldStream('counter-1', 5, { version: 2 }))
      same(await succeeds(operator.decide('mails', 'skip', [4])), [])
      same(await succeeds(subscriptions.dueStreams(lease)), [])
    },
    'forgets the decision when the stream is held back again': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      const next = await hold(subject, lease, heldStream('counter-1', 4))
      await succeeds(operator.decide('mails', 'retry', [4]))
      await hold(subject, next, heldStream('counter-1', 4, { attempts: 2 }))
      const [held] = await heldOf(subject)
      same([held?.parked, held?.attempts], [true, 2])
      same(await succeeds(subscriptions.dueStreams(lease)), [])
    },
    'decides the same twice, and nothing about what was released': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      await hold(subject, lease, heldStream('counter-1', 4))
      await succeeds(operator.decide('mails', 'skip', [4]))
      same(positionsOf(await succeeds(operator.decide('mails', 'skip', [4]))), [4])
      const release = { _tag: 'Release', streamId: 'counter-1' } as const
      await succeeds(subscriptions.save({ lease, after: 4, position: 4, holding: release }))
      same(await succeeds(operator.decide('mails', 'skip', [4])), [])
    },
    'keeps the held streams of partitions and of subscriptions apart': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { partitions: 2 })
      await registered(subject, 'others')
      const { leases } = await succeeds(subscriptions.claim('mails', 'worker', LONG))
      const [, second] = leases
      assert.ok(second !== undefined)
      await hold(subject, second, heldStream('counter-1', 4))
      same(
        (await heldOf(subject)).map(({ partition }) => partition),
        [1],
      )
      same(await heldOf(subject, 'others'), [])
      same(await succeeds(operator.decide('others', 'skip', [4])), [])
      same((await heldOf(subject))[0]?.parked, true)
    },
    'does not decide about a subscription that there is not': async ({ operator }) => {
      await failsWith(operator.decide('unknown', 'skip', [1]), MISSING)
    },
  },
}
