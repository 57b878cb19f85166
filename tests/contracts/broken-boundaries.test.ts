import { memory } from '../../src/adapters/memory/backend'
import type { BoundaryStore } from '../../src/core/ports/boundary-store'
import type { EventStore } from '../../src/core/ports/event-store'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { brokenConditions } from './broken/conditions'
import { brokenTogether } from './broken/together'
import { collect } from './collect'

type Store = EventStore & BoundaryStore

const runNamed = (store: () => Store, name: string): Promise<void> => {
  const open = () => Promise.resolve({ store: store(), close: () => Promise.resolve() })
  const tests = collect((words) => boundaryStoreContract({ name: 'collected', open, ...words }))
  const test = tests.get(name)
  if (test === undefined) throw new Error(`the contract has no test called ${name}`)
  return test()
}

describe.each([...brokenTogether, ...brokenConditions])(
  'a store that $defect',
  ({ store, noticedBy }) => {
    it.each(noticedBy)('does not pass "%s"', async (name) => {
      await expect(runNamed(store, name)).rejects.toThrow()
      await expect(runNamed(() => memory().store, name)).resolves.toBeUndefined()
    })
  },
)
