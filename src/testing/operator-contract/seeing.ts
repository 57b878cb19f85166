import assert from 'node:assert/strict'
import { eventually } from '../eventually'
import { same, succeeds } from '../store-contract/checks'
import {
  type Suite,
  claimed,
  claimOne,
  FAILURE,
  firstOf,
  heldStream,
  hold,
  LONG,
  parkedCommand,
  registered,
  SHORT,
} from './subject'

const isRecent = (age: number | undefined, what: string): void =>
  assert.ok(age !== undefined && age >= 0 && age < 10_000, `${what} is ${age} ms ago`)

/** How far subscriptions are, and who runs them. */
export const seeing: Suite = {
  name: 'status',
  tests: {
    'shows every partition of one subscription, or of all, by name and number': async (subject) => {
      const { operator } = subject
      same(await succeeds(operator.status()), [])
      await registered(subject, 'b', { partitions: 2, position: 3 })
      await registered(subject, 'a')
      const places = async (name?: string) =>
        (await succeeds(operator.status(name))).map((one) => [
          one.subscription,
          one.partition,
          one.partitions,
          one.position,
        ])
      same(await places(), [
        ['a', 0, 1, 0],
        ['b', 0, 2, 3],
        ['b', 1, 2, 3],
      ])
      same((await places('b')).length, 2)
      same(await places('c'), [])
    },
    'shows what was never claimed without owner, heartbeat, pause and trouble': async (subject) => {
      await registered(subject, 'mails', { categories: ['counter'], types: ['Counted'] })
      const { lag, age, ...status } = await firstOf(subject, 'mails')
      same(lag, { events: 0, orMore: false, seconds: 0 })
      isRecent(age, 'its creation')
      same(status, {
        subscription: 'mails',
        partition: 0,
        partitions: 1,
        state: 'no owner',
        position: 0,
        parked: 0,
        waiting: 0,
        parkedCommands: 0,
        rejectedCommands: 0,
        categories: ['counter'],
        types: ['Counted'],
      })
    },
    'shows who holds the lease, until when, and the last heartbeat': async (subject) => {
      await registered(subject, 'mails')
      await claimOne(subject, 'mails', 'worker')
      const status = await firstOf(subject, 'mails')
      same([status.state, status.owner], ['running', 'worker'])
      isRecent(status.heartbeatAge, 'the heartbeat')
      const rest = (status.leasedUntil ?? 0) - (status.heartbeatAt ?? 0)
      assert.ok(Math.abs(rest - LONG) < 1_000, `the lease lasts ${rest} ms from the heartbeat on`)
    },
    'shows no owner whose lease has expired, and its last heartbeat': async (subject) => {
      await registered(subject, 'mails')
      await claimed(subject, 'mails', 'worker', SHORT)
      const status = await eventually('the end of the lease', async () => {
        const seen = await firstOf(subject, 'mails')
        return seen.owner === undefined ? seen : undefined
      })
      same(status.state, 'no owner')
      isRecent(status.heartbeatAge, 'the heartbeat')
    },
    'shows since when an owner is busy, until it reports that it is not': async (subject) => {
      await registered(subject, 'mails')
      const report = async (busyFor?: number) => {
        const reports = [{ partition: 0, ...(busyFor === undefined ? {} : { busyFor }) }]
        await succeeds(
          subject.subscriptions.claim('mails', 'worker', LONG, { partitions: reports }),
        )
      }
      await claimOne(subject, 'mails')
      same((await firstOf(subject, 'mails')).busySince, undefined)
      await report(5_000)
      const { busySince = 0, heartbeatAt = 0 } = await firstOf(subject, 'mails')
      assert.ok(Math.abs(heartbeatAt - busySince - 5_000) < 1_000, 'it is busy for five seconds')
      await report()
      same((await firstOf(subject, 'mails')).busySince, undefined)
    },
    'shows the last trouble that an owner has reported, when it was, and no older one': async (
      subject,
    ) => {
      await registered(subject, 'mails')
      const report = async (message?: string) => {
        const trouble = message === undefined ? {} : { trouble: { message, position: 7 } }
        const reports = [
          { partition: 0, ...trouble },
          { partition: 9, trouble: FAILURE },
        ]
        await succeeds(
          subject.subscriptions.claim('mails', 'worker', LONG, { partitions: reports }),
        )
      }
      await claimOne(subject, 'mails')
      await report('first')
      await report('second')
      await report()
      const { lastTrouble, heartbeatAt } = await firstOf(subject, 'mails')
      const { at = 0, ...note } = lastTrouble ?? {}
      same(note, { message: 'second', position: 7 })
      assert.ok(Math.abs((heartbeatAt ?? 0) - at) < 5_000, 'it was a moment ago')
    },
    'counts the rejections that a process manager has left unanswered': async (subject) => {
      await registered(subject, 'process:orders', { partitions: 2 })
      for (const number of [2, 1]) {
        await succeeds(subject.transact(({ rejected }) => rejected('orders', number)))
      }
      await succeeds(subject.transact(({ rejected }) => rejected('others', 1)))
      const statuses = await succeeds(subject.operator.status('process:orders'))
      same(
        statuses.map(({ rejectedCommands }) => rejectedCommands),
        [3, 0],
      )
    },
    'counts held events by what becomes of them, and parked commands': async (subject) => {
      await registered(subject, 'process:orders', { partitions: 2 })
      const lease = await claimOne(subject, 'process:orders')
      const next = await hold(subject, lease, heldStream('a-1', 1))
      await hold(
        subject,
        await hold(subject, next, heldStream('a-2', 2)),
        heldStream('a-3', 3),
        LONG,
      )
      await succeeds(subject.operator.decide('process:orders', 'retry', [2]))
      await parkedCommand(subject, 'orders', 'Ship')
      await parkedCommand(subject, 'others', 'Ship')
      const counts = (await succeeds(subject.operator.status('process:orders'))).map(
        ({ parked, waiting, parkedCommands }) => [parked, waiting, parkedCommands],
      )
      same(counts, [
        [1, 2, 1],
        [0, 0, 0],
      ])
    },
  },
}
