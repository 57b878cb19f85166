import { memoryReadSide } from '../support/memory-read-side'
import type { MemoryReadSide } from './broken/broken-read-side'
import { brokenLeases } from './broken/leases'
import { brokenProjections } from './broken/projections'
import { brokenOutboxes } from './broken/outbox'
import { brokenSubscriptions } from './broken/subscriptions'
import { collect } from './collect'
import { readSideContracts } from './read-side-contracts'

const runNamed = (open: () => MemoryReadSide, name: string): Promise<void> => {
  const tests = collect((words) => readSideContracts('collected', open, undefined, words))
  const test = tests.get(name)
  if (test === undefined) throw new Error(`the contracts have no test called ${name}`)
  return test()
}

const broken = [...brokenSubscriptions, ...brokenLeases, ...brokenProjections, ...brokenOutboxes]

describe.each(broken)('a read side that $defect', ({ open, noticedBy }) => {
  it.each(noticedBy)('does not pass "%s"', async (name) => {
    const side = open()
    await expect(runNamed(() => side, name)).rejects.toThrow()
    const sound = memoryReadSide()
    await expect(runNamed(() => sound, name)).resolves.toBeUndefined()
  })
})
