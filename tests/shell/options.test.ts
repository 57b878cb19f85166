import { openCategory } from 'reprise'
import { memory } from 'reprise/memory'
import { retryOf } from '../../src/shell/category/retry'
import { withDefaults } from '../../src/shell/category/settings'
import { settingsOf } from '../../src/shell/subscription/definition'
import { defaultLimits, limitsOf } from '../../src/core/limits'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'
import { freshId } from '../support/stores'

/** The same options, each of them given as `undefined`. */
const undefinedOf = (names: ReadonlyArray<string>): object =>
  Object.fromEntries(names.map((name) => [name, undefined]))

const plain = (value: object) => JSON.parse(JSON.stringify(value)) as unknown

describe('an option that is given as undefined has its default', () => {
  const { store } = memory()

  it('of a category', () => {
    const defaults = withDefaults(store, {})
    const given = withDefaults(store, undefinedOf(Object.keys(defaults)))
    expect(Object.keys(given)).toEqual(Object.keys(defaults))
    expect(plain(given)).toEqual(plain(defaults))
    for (const value of Object.values(given)) expect(value).not.toBeUndefined()
  })

  it('of its retries', () => {
    const retry = undefinedOf(['attempts', 'firstBackoff', 'maxBackoff'])
    expect(retryOf(retry)).toEqual(retryOf({}))
    expect(withDefaults(store, { retry })).toMatchObject({ retry: retryOf({}) })
  })

  it('of a subscription, a projection and a process manager', () => {
    const defaults = settingsOf({ name: 'a' }, undefined)
    const given = settingsOf({ ...undefinedOf(Object.keys(defaults)), name: 'a' }, undefined)
    expect(plain(given)).toEqual(plain(defaults))
  })

  it('of the limits', async () => {
    const limits = undefinedOf(Object.keys(defaultLimits))
    expect(limitsOf(limits)).toEqual(defaultLimits)
    const counters = openCategory(counter, memory({ limits }))
    const note = { type: 'Note', text: 'x'.repeat(2_000_000) } as const
    expect(await left(counters.handleCommand(freshId(), note))).toMatchObject({
      _tag: 'LimitExceeded',
    })
  })

  it('of a command, and of a whole backend or category', async () => {
    const backend = memory(undefinedOf(['limits', 'now', 'inline', 'lineage', 'operator']))
    const counters = openCategory(counter, backend, undefined)
    const options = undefinedOf(['commandId', 'expectedVersion', 'metadata'])
    expect(await right(counters.handleCommand(freshId(), add(1), options))).toMatchObject({
      version: 1,
    })
    expect(await right(counters.handleCommand(freshId(), add(1), undefined))).toMatchObject({
      version: 1,
    })
  })
})
