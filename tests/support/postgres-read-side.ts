import type { Kysely, Transaction } from 'kysely'
import { Pool } from 'pg'
import type { Projections } from '../../src/core/ports/projection-store'
import type { SubscriptionStore } from '../../src/core/ports/subscription-store'
import type { Operator } from '../../src/core/ports/operator'
import {
  connectPool,
  migrate,
  postgresOperator,
  postgresStore,
  type PostgresStore,
} from '../../src/postgres'
import { postgresProjections } from '../../src/adapters/postgres/documents/documents-store'
import { postgresSubscriptions } from '../../src/adapters/postgres/subscriptions/subscription-store'
import { createDatabase } from './database'
import { right } from './right'

/** No tables but ours. */
export type NoTables = Record<string, object>

/** A migrated database of its own, with everything on it. */
export interface PostgresReadSide {
  readonly url: string
  readonly pool: Pool
  readonly db: Kysely<NoTables>
  readonly store: PostgresStore<NoTables>
  readonly subscriptions: SubscriptionStore<Transaction<NoTables>>
  readonly projections: Projections<Transaction<NoTables>>
  readonly operator: Operator
  readonly close: () => Promise<void>
}

export const postgresReadSide = async (): Promise<PostgresReadSide> => {
  const database = await createDatabase()
  const pool = new Pool({ connectionString: database.url, max: 40 })
  const db = connectPool<NoTables>(pool)
  await right(migrate(db))
  return {
    url: database.url,
    pool,
    db,
    store: postgresStore(db),
    subscriptions: postgresSubscriptions(db),
    projections: postgresProjections(db),
    operator: postgresOperator(db),
    close: async () => {
      await db.destroy()
      await database.drop()
    },
  }
}
