import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { type Suite, add, aCommand, dueNow, freshProcess, now } from './subject'

const undo = { _tag: 'Undone', message: 'rolled back on purpose' } as const

/** Commands from being issued to being answered. */
export const commands: Suite = {
  name: 'commands',
  tests: {
    'keeps a command as it was issued, until it is answered': async (subject) => {
      const process = freshProcess()
      const request = {
        ...aCommand(process, ''),
        command: { type: 'Do', list: [1, null, { a: 'b' }] },
      }
      await add(subject, now, request)
      const due = { ...request, attempts: 0 }
      same(await succeeds(subject.second.takeDue(process, 9)), [due])
      await succeeds(subject.transact(({ done }) => done(process, [request.id])))
      same(await succeeds(subject.second.takeDue(process, 9)), [])
    },
    'returns due commands in the order in which they were issued, up to the limit': async (
      subject,
    ) => {
      const process = freshProcess()
      const commands = ['c', 'a', 'd', 'b']
      for (const command of commands) await add(subject, now, aCommand(process, command, command))
      same(await dueNow(subject, process), commands)
      same(await dueNow(subject, process, 3), commands.slice(0, 3))
    },
    'deletes the commands that are answered, and no others': async (subject) => {
      const process = freshProcess()
      const [first, last] = [aCommand(process, 'a'), aCommand(process, 'c')]
      await add(subject, now, first, aCommand(process, 'b'), last)
      const answered = [first.id, last.id, 'never issued']
      await succeeds(subject.transact(({ done }) => done(process, answered)))
      await succeeds(subject.transact(({ done }) => done(process, [])))
      same(await dueNow(subject, process), ['b'])
    },
    'keeps one entry of a command that is added twice': async (subject) => {
      const process = freshProcess()
      const request = aCommand(process, 'a')
      await succeeds(
        subject.transact((writes) =>
          pipe(
            writes.add(request, now),
            TE.flatMap(() => writes.add(request, now)),
          ),
        ),
      )
      await add(subject, now, request)
      same(await dueNow(subject, process), ['a'])
      await succeeds(subject.transact(({ done }) => done(process, [request.id])))
      same(await dueNow(subject, process), [])
    },
    'keeps process managers apart': async (subject) => {
      const [left, right] = [freshProcess(), freshProcess()]
      const request = aCommand(left, 'left')
      await add(subject, now, request, { ...request, process: right, command: 'right' })
      same(await dueNow(subject, left), ['left'])
      await succeeds(subject.transact(({ done }) => done(left, [request.id])))
      same(await dueNow(subject, right), ['right'])
    },
    'keeps nothing of a transaction that is rolled back': async (subject) => {
      const process = freshProcess()
      const [stays, never] = [aCommand(process, 'stays'), aCommand(process, 'never')]
      await add(subject, now, stays)
      const undone = subject.transact((writes) =>
        pipe(
          writes.add(never, now),
          TE.flatMap(() => writes.done(process, [stays.id])),
          TE.flatMap(() => TE.left(undo)),
        ),
      )
      await failsWith(undone, undo)
      same(await dueNow(subject, process), ['stays'])
    },
  },
}
