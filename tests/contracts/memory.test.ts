import * as TE from 'fp-ts/TaskEither'
import { memory } from '../../src/adapters/memory/backend'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { storeContract } from '../../src/testing/store-contract/contract'
import { storeModel } from './store-model'

const close = () => Promise.resolve()

storeContract({
  name: 'memory',
  open: () => Promise.resolve({ store: memory().store, close }),
  describe,
  it,
})
boundaryStoreContract({
  name: 'memory',
  open: () => Promise.resolve({ store: memory().store, close }),
  describe,
  it,
})

const idle = { name: 'idle', project: () => TE.right(undefined) }

storeContract({
  name: 'memory with an inline projection',
  open: () => Promise.resolve({ store: memory({ inline: [idle] }).store, close }),
  describe,
  it,
})
boundaryStoreContract({
  name: 'memory with an inline projection',
  open: () => Promise.resolve({ store: memory({ inline: [idle] }).store, close }),
  describe,
  it,
})

storeModel('memory', () => Promise.resolve({ store: memory().store, close }))
