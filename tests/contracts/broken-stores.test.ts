import { memory } from '../../src/adapters/memory/backend'
import type { EventStore } from '../../src/core/ports/event-store'
import { brokenAppends } from './broken/appends'
import { brokenCommands } from './broken/commands'
import { brokenPorts } from './broken/ports'
import { brokenReads } from './broken/reads'
import { brokenTags } from './broken/tags'
import { brokenVersions } from './broken/versions'
import { collectContract } from './collect'

const testsFor = (store: () => EventStore) =>
  collectContract(() => Promise.resolve({ store: store(), close: () => Promise.resolve() }))

const runNamed = (store: () => EventStore, name: string): Promise<void> => {
  const test = testsFor(store).get(name)
  if (test === undefined) throw new Error(`the contract has no test called ${name}`)
  return test()
}

const brokenStores = [
  ...brokenVersions,
  ...brokenAppends,
  ...brokenCommands,
  ...brokenReads,
  ...brokenPorts,
  ...brokenTags,
]

describe.each(brokenStores)('a store that $defect', ({ store, noticedBy }) => {
  it.each(noticedBy)('does not pass "%s"', async (name) => {
    await expect(runNamed(store, name)).rejects.toThrow()
    await expect(runNamed(() => memory().store, name)).resolves.toBeUndefined()
  })
})
