import { memory, type MemoryOptions, type MemoryTransaction } from 'reprise/memory'
import type { OperatedSide } from '../contracts/operator-contracts'

/** A backend in memory, with nothing in it. */
export const memoryReadSide = ({
  archiveFiles,
  ...operator
}: NonNullable<MemoryOptions['operator']> &
  Pick<MemoryOptions, 'archiveFiles'> = {}): OperatedSide<MemoryTransaction> =>
  memory({ operator, ...(archiveFiles && { archiveFiles }) })
