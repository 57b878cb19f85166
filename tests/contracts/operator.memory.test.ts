import { memoryReadSide } from '../support/memory-read-side'
import { operatorContracts } from './operator-contracts'

operatorContracts('memory', async (settings) => memoryReadSide(settings))
