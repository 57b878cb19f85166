import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { type Suite, FAILURE, LONG, type Operated, parkedCommand } from './subject'

const ALL = { which: 'all', after: 0, limit: 100 } as const

const idsOf = async ({ operator }: Operated, which: 'all' | 'parked' = 'all') =>
  (await succeeds(operator.outbox('orders', { ...ALL, which }))).commands.map(({ id }) => id)

const add = async (
  { transact }: Operated,
  id: string,
  due: Parameters<Parameters<Parameters<Operated['transact']>[0]>[0]['add']>[1] = { _tag: 'Now' },
): Promise<void> => {
  const request = { process: 'orders', key: 'one', id, command: { type: id }, metadata: {} }
  await succeeds(transact((writes) => writes.add(request, due)))
}

/** Commands of process managers that are not answered yet. */
export const outbox: Suite = {
  name: 'outbox',
  tests: {
    'shows a parked command with its error, its attempts and what it is': async (subject) => {
      const id = await parkedCommand(subject, 'orders', 'Ship')
      const { commands, more } = await succeeds(subject.operator.outbox('orders', ALL))
      const [command] = commands
      assert.ok(command !== undefined)
      const { sequence, dueAt, ...rest } = command
      assert.ok(sequence > 0 && dueAt > 0, 'it has a place and a time')
      same(rest, {
        process: 'orders',
        key: 'one',
        id,
        command: { type: 'Ship' },
        metadata: { correlationId: 'Ship' },
        attempts: 3,
        parked: true,
        failure: FAILURE,
      })
      same([commands.length, more], [1, false])
    },
    'shows a timer with its name and its time': async (subject) => {
      const time = 4_102_444_800_000 // 2100
      await add(subject, 'a', { _tag: 'At', timer: 'reminder', time })
      await add(subject, 'b')
      const { commands } = await succeeds(subject.operator.outbox('orders', ALL))
      same(
        commands.map(({ timer, parked, failure }) => [timer, parked, failure]),
        [
          ['reminder', false, undefined],
          [undefined, false, undefined],
        ],
      )
      same(commands[0]?.dueAt, time)
    },
    'shows what is due later, and the newest of timers with one name, last': async (subject) => {
      await add(subject, 'old', { _tag: 'After', timer: 'reminder', delay: LONG })
      await add(subject, 'between')
      await add(subject, 'new', { _tag: 'After', timer: 'reminder', delay: LONG })
      same(await idsOf(subject), ['between', 'new'])
    },
    'shows parked commands alone, in the order in which all were issued': async (subject) => {
      const last = await parkedCommand(subject, 'orders', 'z')
      await add(subject, 'between')
      const first = await parkedCommand(subject, 'orders', 'a')
      await parkedCommand(subject, 'others', 'b')
      same(await idsOf(subject), [last, 'between', first])
      same(await idsOf(subject, 'parked'), [last, first])
    },
    'gives pages, and says exactly whether there is more': async (subject) => {
      for (const id of ['a', 'b', 'c']) await add(subject, id)
      const page = async (after: number, limit: number) => {
        const found = await succeeds(
          subject.operator.outbox('orders', { which: 'all', after, limit }),
        )
        return { ...found, ids: found.commands.map(({ id }) => id) }
      }
      const first = await page(0, 2)
      same([first.ids, first.more], [['a', 'b'], true])
      const next = await page(first.commands.at(-1)?.sequence ?? 0, 1)
      same([next.ids, next.more], [['c'], false])
    },
    'has nothing of a process manager that there is not': async ({ operator }) => {
      const none = { commands: [], more: false }
      same(await succeeds(operator.outbox('unknown', ALL)), none)
      same(await succeeds(operator.decideCommands('unknown', 'retry', ['a'])), [])
    },
    'has a parked command sent again, with everything behind it, once': async (subject) => {
      const { operator, outbox } = subject
      const id = await parkedCommand(subject, 'orders', 'Ship')
      await add(subject, 'later')
      const due = async () => (await succeeds(outbox.takeDue('orders', 9))).map((one) => one.id)
      same(await due(), [])
      same(await succeeds(operator.decideCommands('orders', 'retry', [id])), [id])
      same(await succeeds(operator.decideCommands('orders', 'retry', [id])), [])
      same(await due(), [id, 'later'])
      same((await succeeds(outbox.takeDue('orders', 1)))[0]?.attempts, 3)
    },
    'continues without a parked command that is skipped': async (subject) => {
      const { operator, outbox } = subject
      const id = await parkedCommand(subject, 'orders', 'Ship')
      await add(subject, 'later')
      same(await succeeds(operator.decideCommands('orders', 'skip', [id])), [id])
      same(await succeeds(operator.decideCommands('orders', 'skip', [id])), [])
      same(
        (await succeeds(outbox.takeDue('orders', 9))).map((one) => one.id),
        ['later'],
      )
      same(await idsOf(subject), ['later'])
    },
    'decides about parked commands of this process manager only, in their order': async (
      subject,
    ) => {
      const { operator } = subject
      const last = await parkedCommand(subject, 'orders', 'z')
      const first = await parkedCommand(subject, 'orders', 'a')
      const other = await parkedCommand(subject, 'others', 'b')
      await add(subject, 'waiting')
      const ids = [first, 'waiting', other, last, 'unknown']
      same(await succeeds(operator.decideCommands('orders', 'skip', ids)), [last, first])
      same(await idsOf(subject), ['waiting'])
      const others = await succeeds(operator.outbox('others', ALL))
      same(others.commands.length, 1)
    },
  },
}
