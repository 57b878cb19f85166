import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type OpenCategory, openCategory, promised } from 'reprise'
import { memory } from 'reprise/memory'
import {
  add,
  type BelowZero,
  counter,
  type CounterCommand,
  type CounterEvent,
  type CounterState,
} from '../support/counter'
import { eventually } from '../support/eventually'

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
