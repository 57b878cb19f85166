import { pgliteReadSides } from '../support/pglite-read-side'
import { processSuite } from './process.suite'

describe('process managers, in PGlite', () => {
  const { open, close } = pgliteReadSides()
  afterAll(close)
  processSuite(open)
})
