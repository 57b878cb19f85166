import { memoryReadSide } from '../support/memory-read-side'
import { readSideContracts } from './read-side-contracts'

readSideContracts('memory', memoryReadSide)
