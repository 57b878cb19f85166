import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { openCategory, openTogether } from 'reprise'
import { storeFailed, type StoreFailed } from 'reprise/adapter'
import { boundaryOf, openBoundary } from 'reprise/boundary'
import { memory } from 'reprise/memory'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'

/** A store whose first `failures` appends fail with `error`: `stored` says whether after or before they are stored. */
const failing = (failures: number, error: StoreFailed, stored = false) => {
  const sent = { appends: 0 }
  const failed = <Answer>(append: () => TE.TaskEither<never, Answer>) => {
    if (++sent.appends > failures) return append()
    return stored
      ? TE.flatMap(() => TE.left(error) as TE.TaskEither<never, never>)(append())
      : (TE.left(error) as TE.TaskEither<never, never>)
  }
  const at = memory()
  const away = {
    ...at,
    store: {
      ...at.store,
      append: (request) => failed(() => at.store.append(request) as TE.TaskEither<never, never>),
      appendTogether: (request) =>
        failed(() => at.store.appendTogether(request) as TE.TaskEither<never, never>),
    } as typeof at.store,
  }
  return { at, away, sent }
}

const down = storeFailed('Unavailable', 'nothingWritten', new Error('down'))
const broken = storeFailed('ConnectionLost', 'unknown', new Error('broken'))
const retryOutagesFor = 60_000

describe('a command, while the store is away', () => {
  it('fails at once, unless the category sends it again', async () => {
    const { away, sent } = failing(3, down)
    expect(await left(openCategory(counter, away).handleCommand('a', add(1)))).toBe(down)
    expect(sent.appends).toBe(1)
  })

  it('is sent again until the store is back', async () => {
    const { away, sent } = failing(3, down)
    const counters = openCategory(counter, away, { retryOutagesFor, random: () => 0 })
    expect(await right(counters.handleCommand('a', add(1)))).toMatchObject({ version: 1 })
    expect(sent.appends).toBe(4)
  })

  it('is carried out once when its answer was lost, and answered as the first time', async () => {
    const { at, away } = failing(1, broken, true)
    const counters = openCategory(counter, away, { retryOutagesFor, random: () => 0 })
    const answer = await right(counters.handleCommand('a', add(1), { commandId: 'one' }))
    expect(answer).toMatchObject({ version: 1, state: { total: 1 } })
    const { events } = await right(at.store.read('counter-a', { after: 0, limit: 9 }))
    expect(events).toHaveLength(1)
  })

  it('is carried out once in a boundary, too, and not sent again without an id', async () => {
    for (const commandId of ['one', undefined]) {
      const { at, away, sent } = failing(1, broken, true)
      const options = { retryOutagesFor, random: () => 0 }
      const one = openBoundary(boundaryOf(counter, 'a'), away, options)
      const answer = await one.handleCommand(add(1), commandId === undefined ? {} : { commandId })()
      expect(answer._tag).toBe(commandId === undefined ? 'Left' : 'Right')
      expect(sent.appends).toBe(commandId === undefined ? 1 : 2)
      const { events } = await right(at.store.read('counter-a', { after: 0, limit: 9 }))
      expect(events).toHaveLength(1)
    }
  })

  it('is not sent again without an id when it may have been carried out', async () => {
    const { away, sent } = failing(1, broken, true)
    const counters = openCategory(counter, away, { retryOutagesFor, random: () => 0 })
    expect(await left(counters.handleCommand('a', add(1)))).toBe(broken)
    expect(sent.appends).toBe(1)
  })

  it('is not sent again when an operator is needed', async () => {
    const missing = storeFailed('NotMigrated', 'nothingWritten', undefined)
    const { away, sent } = failing(1, missing)
    const counters = openCategory(counter, away, { retryOutagesFor, random: () => 0 })
    expect(await left(counters.handleCommand('a', add(1)))).toBe(missing)
    expect(sent.appends).toBe(1)
  })

  it('is answered with the last failure when the time is over', async () => {
    const { away, sent } = failing(Infinity, down)
    const counters = openCategory(counter, away, { retryOutagesFor: 100, random: () => 0.5 })
    expect(await left(counters.handleCommand('a', add(1)))).toBe(down)
    expect(sent.appends).toBeGreaterThan(1)
  })

  it('is not sent again inside a transaction, which has failed with it', async () => {
    const { away, sent } = failing(1, down)
    const inside = { ...away.store, inTransaction: (_transaction: object) => away.store }
    const counters = openCategory(counter, { store: inside }, { retryOutagesFor })
    expect(await left(counters.inTransaction({}).handleCommand('a', add(1)))).toMatchObject({
      _tag: 'StoreFailed',
    })
    expect(sent.appends).toBe(1)
  })

  it('is sent again with those that are handled together with it', async () => {
    const { away } = failing(1, broken, true)
    const both = openTogether({ one: counter, other: { ...counter, name: 'other' } }, away, {
      retryOutagesFor,
      random: () => 0,
    })
    const commands = { one: [['a', add(1)]], other: [['b', add(2)]] } as const
    const results = await both.handleCommands(commands, { commandId: 'one' })()
    expect(results).toMatchObject(
      E.right({ one: [{ version: 1 }], other: [{ version: 1, state: { total: 2 } }] }),
    )
  })
})
