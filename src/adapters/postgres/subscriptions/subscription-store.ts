import type { Kysely, Transaction } from 'kysely'
import type { SubscriptionStore } from '../../../core/ports/subscription-store'
import { directExecutor } from '../connection/origin'
import { checkpointsIn } from './checkpoints'
import { heldStreamsIn } from './held-streams'
import { leasesIn } from './leases'

/**
 * Subscriptions in PostgreSQL. Effects are written through the caller's own typed transaction.
 *
 * @param idleInTransactionTimeout - in milliseconds: when no statement comes in a transaction for so long, the server
 *   ends it.
 */
export const postgresSubscriptions = <Database>(
  db: Kysely<Database>,
  schema: string,
  idleInTransactionTimeout: number,
): SubscriptionStore<Transaction<Database>> => {
  const direct = directExecutor(db)
  return {
    ...leasesIn(schema, direct),
    ...checkpointsIn(schema, db, idleInTransactionTimeout),
    ...heldStreamsIn(schema, direct),
  }
}
