import { pgliteReadSides } from '../support/pglite-read-side'
import { projectionSuite } from './projection.suite'

describe('projections, in PGlite', () => {
  const { open, close } = pgliteReadSides()
  afterAll(close)
  projectionSuite(open)
})
