import type { TestWords } from 'reprise/testing'
import type { StoreUnderContract } from '../../src/testing/store-contract/contract'
import { storeContract } from '../../src/testing/store-contract/contract'

type Tests = ReadonlyMap<string, () => Promise<void>>

/** The tests that `register` registers, by their titles but the first, without any test runner. */
export const collect = (register: (words: TestWords) => void): Tests => {
  const titles: string[] = []
  const tests = new Map<string, () => Promise<void>>()
  register({
    describe: (title, body) => {
      titles.push(title)
      body()
      titles.pop()
    },
    it: (title, test) => {
      const name = [...titles.slice(1), title].join(': ')
      if (tests.has(name)) throw new Error(`two contract tests are called ${name}`)
      tests.set(name, test)
    },
  })
  return tests
}

/** The store contract's tests for a store. */
export const collectContract = (open: () => Promise<StoreUnderContract>): Tests =>
  collect((words) => storeContract({ name: 'collected', open, ...words }))
