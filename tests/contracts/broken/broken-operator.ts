import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { PartitionStatus } from '../../../src/core/operator/status'
import type { Operator } from '../../../src/core/ports/operator'
import type { MemoryTransaction } from 'reprise/memory'
import type { OperatorSettings } from 'reprise/testing'
import { memoryReadSide } from '../../support/memory-read-side'
import type { OperatedSide } from '../operator-contracts'

export type MemoryOperated = OperatedSide<MemoryTransaction>

/** An operator with one defect, and the contract tests that must notice it. */
export interface BrokenOperator {
  readonly defect: string
  readonly open: (settings: OperatorSettings) => MemoryOperated
  readonly noticedBy: ReadonlyArray<string>
}

/** A sound operator in memory, with something about it changed. */
export const operatorThat =
  (change: (sound: Operator, side: MemoryOperated) => Partial<Operator>) =>
  (settings: OperatorSettings): MemoryOperated => {
    const side = memoryReadSide(settings)
    return { ...side, operator: { ...side.operator, ...change(side.operator, side) } }
  }

/** The same, for defects of what it shows of partitions. */
export const statusThat = (change: (sound: PartitionStatus) => PartitionStatus) =>
  operatorThat(({ status }) => ({
    status: (name) =>
      pipe(
        status(name),
        TE.map((partitions) => partitions.map(change)),
      ),
  }))
