import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type OpenCategory, openCategory, openTogether, promised } from 'reprise'
import { openBoundary } from 'reprise/boundary'
import { memory } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { account, deposit, withdraw } from '../support/bank'
import {
  add,
  type BelowZero,
  counter,
  type CounterCommand,
  type CounterEvent,
  type CounterState,
} from '../support/counter'
import { enrolment, openCourse, takeSeat } from '../support/enrolment'
import { eventually } from '../support/eventually'
import { migratedDatabase } from '../support/postgres'

type Counter = OpenCategory<CounterCommand, CounterState, CounterEvent, BelowZero>

const plain = <Failure, Value>(result: E.Either<Failure, Value>) =>
  E.isLeft(result) ? { ok: false, error: result.left } : { ok: true, ...result.right }

/** Every operation, each with a success and a failure. */
const calls: Readonly<
  Record<
    Exclude<keyof Counter, 'newId' | 'snapshotsSettled'>,
    ReadonlyArray<ReadonlyArray<unknown>>
  >
> = {
  handleCommand: [
    ['A', add()],
    ['A', add(-99)],
    ['A', add(), { expectedVersion: 7 }],
  ],
  handle: [
    ['A', add()],
    ['A', { type: 'Add', amounts: 'x' }],
    ['A', undefined],
  ],
  load: [['A'], ['']],
  cached: [['A'], ['']],
  replayTo: [
    ['A', 1],
    ['A', 99],
  ],
  asOf: [
    ['A', 0],
    ['', 0],
  ],
  events: [['A'], ['A', { after: 1, upTo: 2 }], ['A', { limit: 0 }]],
  eventsBackwards: [['A'], ['A', { before: 2, limit: 1 }], ['']],
  version: [['A'], ['never written'], ['']],
  snapshot: [['A'], ['never written']],
}

describe('promised', () => {
  it('gives the same answers as the operations of a boundary', async () => {
    const { store } = memory()
    const boundary = openBoundary(enrolment, { store })
    const door = promised(boundary)
    const opened = await door.handleCommand(openCourse('math', 1))
    expect(opened).toMatchObject({ ok: true, version: 1 })
    await door.handle(takeSeat('math', 'ada'))
    const [command, query] = [takeSeat('math', 'alan'), [{ tags: ['course:math'] }] as const]
    expect(await door.handleCommand(command)).toEqual(
      plain(await boundary.handleCommand(command)()),
    )
    expect(await door.handle({})).toEqual(plain(await boundary.handle({})()))
    expect(await door.load(query)).toEqual(plain(await boundary.load(query)()))
    const bad = [] as never
    expect(await door.load(bad)).toEqual(plain(await boundary.load(bad)()))
  })

  it('gives the same answers as the operations of the category, for each of them', async () => {
    const category = openCategory(counter, memory())
    const door = promised(category)
    await door.handleCommand('A', add(1, 2))
    for (const [name, calledWith] of Object.entries(calls)) {
      const operation = Reflect.get(category, name) as (
        ...args: unknown[]
      ) => TaskEither<unknown, object>
      const lifted = Reflect.get(door, name) as (
        ...args: unknown[]
      ) => Promise<{ readonly ok: boolean }>
      const answers = []
      for (const args of calledWith) {
        const answer = await lifted(...args)
        expect(answer).toEqual(plain(await operation(...args)()))
        answers.push(answer.ok)
      }
      expect([name, answers[0], answers.at(-1)]).toEqual([name, true, false])
    }
  })

  it('has every operation of the category, and no other', () => {
    const category = openCategory(counter, memory())
    const door = promised(category)
    expect(Object.keys(door).sort()).toEqual(Object.keys(category).sort())
    expect([...Object.keys(calls), 'newId', 'snapshotsSettled'].sort()).toEqual(
      Object.keys(category).sort(),
    )
    expect(door.newId() < door.newId()).toBe(true)
  })

  it('starts a command at once, without another call', async () => {
    const category = openCategory(counter, memory())
    category.handleCommand('A', add(1)) // starts nothing
    void promised(category).handleCommand('A', add(5))
    await eventually(async () => {
      const loaded = await category.load('A')()
      return E.isRight(loaded) && loaded.right.state.total === 5
    })
  })

  it.each<readonly [string, Partial<Counter>]>([
    [
      'throws when it is called',
      {
        load: () => {
          throw new Error('broken')
        },
      },
    ],
    [
      'throws when it is started',
      {
        load: () => () => {
          throw new Error('broken')
        },
      },
    ],
    ['is rejected', { load: () => () => Promise.reject(new Error('broken')) }],
    [
      'is rejected with something that is no error',
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that it is none is the point
      { load: () => () => Promise.reject('broken') },
    ],
  ])('answers StoreFailed where an operation %s', async (_, part) => {
    const door = promised({ ...openCategory(counter, memory()), ...part })
    expect(await door.load('A')).toMatchObject({
      ok: false,
      error: {
        _tag: 'StoreFailed',
        reason: 'Unexpected',
        outcome: 'unknown',
        message: expect.stringContaining('broken'),
      },
    })
  })

  it('answers StoreFailed where a store breaks its contract', async () => {
    const backend = memory()
    const store = { ...backend.store, append: () => () => Promise.reject(new Error('gone')) }
    const door = promised(openCategory(counter, { store }))
    expect(await door.handleCommand('A', add(1))).toMatchObject({
      ok: false,
      error: { _tag: 'StoreFailed' },
    })
  })
})

describe('promised, inside a transaction', () => {
  it('handles and loads in the transaction, and what is rolled back has not happened', async () => {
    const database = await migratedDatabase()
    const db = database.connect()
    const door = promised(openCategory(counter, postgres(db)))
    const transaction = await db.startTransaction().execute()
    const inside = door.inTransaction(transaction)

    expect(await inside.handleCommand('A', add(5))).toMatchObject({ ok: true, version: 1 })
    expect(await inside.load('A')).toMatchObject({ ok: true, state: { total: 5 } })
    expect(await door.load('A')).toMatchObject({ ok: true, version: 0 })
    expect(await inside.handleCommand('A', add(-9))).toMatchObject({
      ok: false,
      error: { _tag: 'Rejected', rejection: { _tag: 'BelowZero' } },
    })
    await transaction.rollback().execute()
    expect(await door.load('A')).toMatchObject({ ok: true, version: 0 })
    expect(await inside.load('A')).toMatchObject({ ok: false, error: { _tag: 'StoreFailed' } })
    await database.close()
  })

  it('is not there on a store that has no transactions', () => {
    expect('inTransaction' in promised(openCategory(counter, memory()))).toBe(false)
  })
})

describe('promised, for several categories at once', () => {
  it('gives the same answers as handleCommands, and starts at once', async () => {
    const bank = openTogether({ accounts: account }, memory())
    const door = promised(bank)
    const commands = { accounts: [['A', deposit(5)]] } as const
    const done = await door.handleCommands(commands, { commandId: 'once' })
    expect(done).toMatchObject({ ok: true, accounts: [{ version: 1, state: { balance: 5 } }] })
    expect(done).toEqual(plain(await bank.handleCommands(commands, { commandId: 'once' })()))

    const refused = await door.handleCommands({ accounts: [['A', withdraw(6)]] })
    expect(refused).toMatchObject({ ok: false, error: { key: 'accounts', id: 'A' } })
    await expect(door.snapshotsSettled()).resolves.toBeUndefined()
  })
})

describe('handle', () => {
  it.each([undefined, null, 7, 'text', [], {}, { type: 'toString' }, { type: 'Add' }, () => 1])(
    'answers InvalidCommand for %p, and reads nothing',
    async (body) => {
      const { store } = memory()
      const blind = { ...store, load: () => () => Promise.reject(new Error('the store was read')) }
      const category = openCategory(counter, { store: blind })
      expect(await category.handle('A', body)()).toMatchObject({ left: { _tag: 'InvalidCommand' } })
    },
  )

  it('handles a body as the command that it is, without the keys that are not declared', async () => {
    const category = openCategory(counter, memory())
    const body: unknown = JSON.parse('{"type":"Note","text":"hello","more":1}')
    const options = { commandId: 'once' }
    const handled = await category.handle('A', body, options)()
    expect(handled).toMatchObject({ right: { version: 1 } })
    expect(await category.handle('A', body, options)()).toEqual(handled)
  })
})
