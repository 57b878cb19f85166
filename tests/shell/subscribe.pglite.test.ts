import { pgliteReadSides } from '../support/pglite-read-side'
import { subscribeSuite } from './subscribe.suite'

describe('subscribe, in PGlite', () => {
  const { open, close } = pgliteReadSides()
  afterAll(close)
  subscribeSuite(open)
})
