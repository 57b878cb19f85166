import { memoryReadSide } from '../support/memory-read-side'
import type { BrokenOperator } from './broken/broken-operator'
import { brokenArchivingOperators } from './broken/operator-archiving'
import { brokenClosingOperators } from './broken/operator-closing'
import { brokenErasingOperators } from './broken/operator-erasing'
import { brokenForgettingOperators } from './broken/operator-forgetting'
import { brokenFileOperators } from './broken/operator-moving-to-files'
import { brokenTagOperators } from './broken/operator-tags'
import { brokenTruncatingOperators } from './broken/operator-truncating'
import { brokenOperators } from './broken/operators'
import { collect } from './collect'
import { operatorContracts } from './operator-contracts'

const runNamed = (open: BrokenOperator['open'], name: string): Promise<void> => {
  const tests = collect((words) =>
    operatorContracts('collected', async (settings) => open(settings), words),
  )
  const test = tests.get(name)
  if (test === undefined) throw new Error(`the contract has no test called ${name}`)
  return test()
}

describe.each([
  ...brokenOperators,
  ...brokenTagOperators,
  ...brokenArchivingOperators,
  ...brokenFileOperators,
  ...brokenClosingOperators,
  ...brokenTruncatingOperators,
  ...brokenErasingOperators,
  ...brokenForgettingOperators,
])('an operator that $defect', ({ open, noticedBy }) => {
  it.each(noticedBy)('does not pass "%s"', async (name) => {
    await expect(runNamed(open, name)).rejects.toThrow()
    await expect(runNamed(memoryReadSide, name)).resolves.toBeUndefined()
  })
})
