import type { StoreUnderContract } from '../../src/testing/store-contract/contract'
import { storeContract } from '../../src/testing/store-contract/contract'

/** The contract's tests for a store, by their full titles, without any test runner. */
export const collectContract = (
  open: () => Promise<StoreUnderContract>,
): ReadonlyMap<string, () => Promise<void>> => {
  const titles: string[] = []
  const tests = new Map<string, () => Promise<void>>()
  storeContract({
    name: 'collected',
    open,
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
