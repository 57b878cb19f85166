import * as TE from 'fp-ts/TaskEither'
import { memoryStore } from '../../src/adapters/memory/store'
import { storeContract } from '../../src/testing/store-contract/contract'
import { storeModel } from './store-model'

const close = () => Promise.resolve()

storeContract({
  name: 'memory',
  open: () => Promise.resolve({ store: memoryStore(), close }),
  describe,
  it,
})

const idle = { name: 'idle', project: () => TE.right(undefined) }

storeContract({
  name: 'memory with an inline projection',
  open: () => Promise.resolve({ store: memoryStore({ projections: [idle] }), close }),
  describe,
  it,
})

storeModel('memory', () => Promise.resolve({ store: memoryStore(), close }))
