import type { Kysely } from 'kysely'
import type { Administration } from '../../../core/ports/backend'
import { migrate } from './migrate'
import { type PartitionEvents, partitionEvents } from './partitioning'

/** What changes the tables of a store. */
export interface SchemaActions extends Pick<Administration, 'migrate'> {
  /** Moves the events to partitions, while the store is in use: as `npx reprise migrate --partition-by hash:16`. */
  readonly partitionEvents: PartitionEvents
}

export const schemaActions = <Database>(db: Kysely<Database>, schema: string): SchemaActions => ({
  migrate: migrate(db, schema),
  partitionEvents: partitionEvents(db, schema),
})
