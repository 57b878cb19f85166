import { memoryStore } from '../../src/adapters/memory/store'
import { storeContract } from '../../src/testing/store-contract/contract'

storeContract({
  name: 'memory',
  open: () => Promise.resolve({ store: memoryStore(), close: () => Promise.resolve() }),
  describe,
  it,
})
