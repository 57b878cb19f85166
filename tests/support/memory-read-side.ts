import { memory, type MemoryTransaction } from '../../src/memory'
import type { ReadSide } from '../contracts/read-side'

/** A read side in memory, with nothing in it. */
export const memoryReadSide = (): ReadSide<MemoryTransaction> => memory()
