import { pgliteReadSides } from '../support/pglite-read-side'
import { subscribeSuite } from './subscription.suite'

describe('runSubscription, in PGlite', () => {
  const { open, close } = pgliteReadSides()
  afterAll(close)
  subscribeSuite(open)
})
