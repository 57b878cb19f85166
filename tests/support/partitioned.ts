import type { Kysely } from 'kysely'
import { partitionEvents } from '../../src/adapters/postgres/schema/partitioning'
import { right } from './right'

/** Moves the events of a store to partitions, as `reprise migrate --partition-by hash:<partitions>` does. */
export const partitioned = async <Database>(
  db: Kysely<Database>,
  partitions: number,
  schema?: string,
): Promise<void> => {
  await right(partitionEvents(db, schema)({ partitions }))
}

/** How many partitions the stores of a run have. 0: they have none, unless a suite makes some. */
const EVERYWHERE = Number(process.env['REPRISE_PARTITIONS'] ?? 0)

/** Moves the events to partitions if the stores of this run are to have some: see scripts/partitions.mjs. */
export const partitionedInThisRun = async <Database>(
  db: Kysely<Database>,
  schema?: string,
): Promise<void> => (EVERYWHERE > 0 ? partitioned(db, EVERYWHERE, schema) : undefined)
