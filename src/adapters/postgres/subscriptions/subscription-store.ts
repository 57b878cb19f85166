import type { Kysely, Transaction } from 'kysely'
import type { SubscriptionStore } from '../../../core/ports/subscription-store'
import { directExecutor } from '../connection/pool'
import { DEFAULT_SCHEMA } from '../schema/names'
import { checkpointsIn } from './checkpoints'
import { heldStreamsIn } from './held-streams'
import { leasesIn } from './leases'

/** How subscriptions are kept. Every key may be left out. */
export interface PostgresReadOptions {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  /**
   * The server ends a transaction of a subscription in which no statement comes for so long, so that a frozen
   * process does not keep its locks. In milliseconds. Default 10,000.
   */
  readonly longestIdling?: number
}

/**
 * Subscriptions in PostgreSQL. Effects are written through the caller's own typed transaction.
 *
 * @example
 * const subscriptions = postgresSubscriptions(db)
 */
export const postgresSubscriptions = <Database>(
  db: Kysely<Database>,
  { schema = DEFAULT_SCHEMA, longestIdling = 10_000 }: PostgresReadOptions = {},
): SubscriptionStore<Transaction<Database>> => {
  const direct = directExecutor(db)
  return {
    ...leasesIn(schema, direct),
    ...checkpointsIn(schema, db, longestIdling),
    ...heldStreamsIn(schema, direct),
  }
}
