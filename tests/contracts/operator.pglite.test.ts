import { pgliteReadSides } from '../support/pglite-read-side'
import { operatorContracts } from './operator-contracts'

const { open, close } = pgliteReadSides()
afterAll(close)

operatorContracts('PGlite', open)
