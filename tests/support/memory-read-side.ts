import { memory, type MemoryOptions, type MemoryTransaction } from 'reprise/memory'
import type { OperatedSide } from '../contracts/operator-contracts'

/** A backend in memory, with nothing in it. */
export const memoryReadSide = (
  operator: NonNullable<MemoryOptions['operator']> = {},
): OperatedSide<MemoryTransaction> => memory({ operator })
