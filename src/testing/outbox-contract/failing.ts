import assert from 'node:assert/strict'
import { eventually } from '../eventually'
import { same, succeeds } from '../store-contract/checks'
import {
  add,
  after,
  aCommand,
  type Suite,
  dueNow,
  fail,
  freshProcess,
  LONG,
  now,
  SHORT,
} from './subject'

/** Commands that could not be sent. */
export const failing: Suite = {
  name: 'failed commands',
  tests: {
    'makes a failed command due again when its back-off is over, with its attempts': async (
      subject,
    ) => {
      const process = freshProcess()
      const request = aCommand(process, 'a')
      await add(subject, now, request)
      const begun = performance.now()
      await fail(subject, request, 1, SHORT)
      const [due] = await eventually('the next attempt', async () => {
        const found = await succeeds(subject.second.takeDue(process, 9))
        return found.length > 0 ? found : undefined
      })
      assert.ok(performance.now() - begun >= SHORT - 5, 'it became due too early')
      same(due, { ...request, attempts: 1 })
    },
    'holds back the later commands of its process, and of no other': async (subject) => {
      const process = freshProcess()
      const failed = aCommand(process, 'b')
      await add(subject, now, aCommand(process, 'a'), failed, aCommand(process, 'c'))
      await add(subject, now, aCommand(process, 'd', 'another'))
      await fail(subject, failed, 1, LONG)
      same(await dueNow(subject, process), ['a', 'd'])
      await succeeds(subject.transact(({ done }) => done(process, [failed.id])))
      same(await dueNow(subject, process), ['a', 'c', 'd'])
    },
    'holds back no timer, and nothing because of a timer': async (subject) => {
      const process = freshProcess()
      const [command, timer] = [aCommand(process, 'command'), aCommand(process, 'timer')]
      await add(subject, now, command)
      await add(subject, after('reminder', 0), timer)
      await fail(subject, command, 1, LONG)
      same(await dueNow(subject, process), ['timer'])
      await fail(subject, command, 2, 0)
      await fail(subject, timer, 1, LONG)
      await add(subject, now, aCommand(process, 'later'))
      await eventually('the command', async () =>
        (await dueNow(subject, process)).length === 2 ? true : undefined,
      )
      same(await dueNow(subject, process), ['command', 'later'])
    },
    'parks a command, with everything behind it': async (subject) => {
      const process = freshProcess()
      const [failed, later] = [aCommand(process, 'a'), aCommand(process, 'b')]
      await add(subject, now, failed, later)
      await fail(subject, failed, 3)
      same(await dueNow(subject, process), [])
    },
    'makes commands due again that could not be decoded, and no other parked ones': async (
      subject,
    ) => {
      const process = freshProcess()
      const [unread, parked] = [aCommand(process, 'unread', 'a'), aCommand(process, 'b', 'b')]
      await add(subject, now, unread, parked)
      const message = 'cannot be decoded'
      const failed = { process, id: unread.id, attempts: 1 }
      await succeeds(
        subject.transact((writes) =>
          writes.failed({ ...failed, failure: { message, undecodable: true } }),
        ),
      )
      await fail(subject, parked, 1)
      same(await dueNow(subject, process), [])
      await succeeds(subject.second.retryUndecodable(process))
      same(await dueNow(subject, process), ['unread'])
    },
    'does not make due again what was answered meanwhile': async (subject) => {
      const process = freshProcess()
      const request = aCommand(process, 'a')
      await add(subject, now, request)
      await succeeds(subject.transact(({ done }) => done(process, [request.id])))
      await fail(subject, request, 1, 0)
      same(await dueNow(subject, process), [])
    },
  },
}
