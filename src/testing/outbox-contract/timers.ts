import assert from 'node:assert/strict'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { eventually } from '../eventually'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  add,
  after,
  aCommand,
  at,
  type Suite,
  dueNow,
  freshProcess,
  LONG,
  now,
  SHORT,
} from './subject'

const undo = { _tag: 'Undone', message: 'rolled back on purpose' } as const

/** Commands for later, which can be cancelled. */
export const timers: Suite = {
  name: 'timers',
  tests: {
    'fires after its delay, and not before': async (subject) => {
      const process = freshProcess()
      const begun = performance.now()
      await add(subject, after('soon', SHORT), aCommand(process, 'soon'))
      await add(subject, after('later', LONG), aCommand(process, 'later'))
      const due = await eventually('the timer', async () => {
        const found = await dueNow(subject, process)
        return found.length > 0 ? found : undefined
      })
      same(due, ['soon'])
      assert.ok(performance.now() - begun >= SHORT - 5, 'it fired too early')
    },
    'fires at its time, at once when that has passed': async (subject) => {
      const process = freshProcess()
      await add(subject, at('later', Date.now() + LONG), aCommand(process, 'later'))
      await add(subject, at('past', Date.now() - LONG), aCommand(process, 'past'))
      same(await dueNow(subject, process), ['past'])
    },
    'does not fire once it is cancelled': async (subject) => {
      const process = freshProcess()
      await add(subject, at('reminder', Date.now() - LONG), aCommand(process, 'a'))
      await add(subject, after('reminder', 0), aCommand(process, 'b', 'another'))
      await add(subject, after('other', 0), aCommand(process, 'c'))
      await succeeds(subject.transact(({ cancel }) => cancel(process, 'one', 'reminder')))
      await succeeds(subject.transact(({ cancel }) => cancel(process, 'one', 'reminder')))
      await succeeds(subject.transact(({ cancel }) => cancel(process, 'one', 'unknown')))
      same(await dueNow(subject, process), ['b', 'c'])
    },
    'is cancelled with all timers of its process, and nothing else is': async (subject) => {
      const process = freshProcess()
      await add(subject, after('reminder', 0), aCommand(process, 'a'))
      await add(subject, after('other', 0), aCommand(process, 'b'))
      await add(subject, now, aCommand(process, 'c'))
      await add(subject, after('reminder', 0), aCommand(process, 'd', 'another'))
      await succeeds(subject.transact(({ cancelAll }) => cancelAll(process, 'one')))
      same(await dueNow(subject, process), ['c', 'd'])
    },
    'fires when its cancelling is rolled back': async (subject) => {
      const process = freshProcess()
      await add(subject, after('reminder', 0), aCommand(process, 'a'))
      const undone = subject.transact(({ cancel }) =>
        pipe(
          cancel(process, 'one', 'reminder'),
          TE.flatMap(() => TE.left(undo)),
        ),
      )
      await failsWith(undone, undo)
      same(await dueNow(subject, process), ['a'])
    },
    'is replaced by one with the same name, and comes after commands issued before': async (
      subject,
    ) => {
      const process = freshProcess()
      await add(subject, after('reminder', 0), aCommand(process, 'old'))
      await add(subject, now, aCommand(process, 'between'))
      await add(subject, at('reminder', Date.now() - LONG), aCommand(process, 'new'))
      same(await dueNow(subject, process), ['between', 'new'])
      await add(subject, after('reminder', LONG), aCommand(process, 'put off'))
      same(await dueNow(subject, process), ['between'])
    },
    'may have the same name in another process': async (subject) => {
      const process = freshProcess()
      await add(subject, after('reminder', 0), aCommand(process, 'a'))
      await add(subject, after('reminder', 0), aCommand(process, 'b', 'another'))
      same(await dueNow(subject, process), ['a', 'b'])
    },
    'keeps one entry of a timer that is set twice': async (subject) => {
      const process = freshProcess()
      const request = aCommand(process, 'a')
      await add(subject, after('reminder', 0), request)
      await add(subject, after('reminder', 0), request)
      same(await dueNow(subject, process), ['a'])
    },
  },
}
