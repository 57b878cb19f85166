import { masterKeyFrom, memory } from 'reprise/memory'
import {
  boundaryStoreContract,
  outboxContract,
  projectionStoreContract,
  storeContract,
  transactThrough,
} from 'reprise/testing'

// What is put around the ports for personal data changes nothing for data that is not personal.
const masterKey = masterKeyFrom('one', () => new Uint8Array(32).fill(1))
const close = () => Promise.resolve()
const open = () => {
  const sealed = memory({ personalData: { masterKey } })
  return Promise.resolve({ ...sealed, transact: transactThrough(sealed.subscriptions), close })
}

const words = { name: 'memory with personal data', describe, it }
storeContract({ ...words, open })
boundaryStoreContract({ ...words, open })
projectionStoreContract({ ...words, open })
outboxContract({ ...words, open })
