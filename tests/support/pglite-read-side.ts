import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { EventStore } from '../../src/core/ports/event-store'
import type { InlineProjection } from '../../src/core/ports/inline-projection'
import {
  migrate,
  postgresOperator,
  type PostgresOperatorOptions,
  postgresProjections,
  postgresRequests,
  postgresStore,
  postgresSubscriptions,
} from '../../src/postgres'
import { migratedPglite } from './pglite'
import type { NoTables } from './postgres-read-side'
import { right } from './right'

/** Everything in one embedded database, which starts slowly: each opening gets a schema of its own. */
export const pgliteReadSides = () => {
  const starting = migratedPglite<NoTables>()
  const open = async (options: PostgresOperatorOptions = {}) => {
    const db = await starting
    const schema = `test_${randomUUID().replaceAll('-', '')}`
    await right(migrate(db, schema))
    return {
      store: postgresStore(db, { schema }) as EventStore,
      storeWith: (
        projections: ReadonlyArray<InlineProjection<Transaction<NoTables>>>,
      ): EventStore => postgresStore(db, { schema, projections }),
      subscriptions: postgresSubscriptions(db, { schema }),
      projections: postgresProjections(db, { schema }),
      requests: postgresRequests(db, { schema }),
      operator: postgresOperator(db, { schema, ...options }),
      close: () => Promise.resolve(),
    }
  }
  return { open, close: async () => (await starting).destroy() }
}
