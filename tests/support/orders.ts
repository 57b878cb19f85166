import type { Kysely, Transaction } from 'kysely'
import { Client } from 'pg'
import { postgres, type PostgresStore } from '../../src/adapters/postgres/backend'
import { blockedIn } from './blocked'
import { migratedDatabase } from './postgres'
import { right } from './right'

/** A table of the application, beside the events. */
export interface Orders {
  readonly orders: { readonly id: string }
}

/** A database with a table of the application, and a store in it. */
export interface OrdersDatabase {
  readonly url: string
  readonly db: Kysely<Orders>
  readonly store: PostgresStore<Orders>
  /** A connection of its own. */
  readonly admin: Client
  readonly versionOf: (streamId: string) => Promise<number>
  readonly isOrder: (id: string) => Promise<boolean>
  /** Whether a statement waits for a lock. */
  readonly isBlocked: () => Promise<boolean>
  readonly close: () => Promise<void>
}

export const ordersDatabase = async (): Promise<OrdersDatabase> => {
  const database = await migratedDatabase<Orders>()
  const db = database.connect()
  const { store } = postgres(db)
  const admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query('create table orders (id text primary key)')
  return {
    url: database.url,
    db,
    store,
    admin,
    versionOf: (streamId) => right(store.version(streamId)),
    isOrder: async (id) =>
      (await db.selectFrom('orders').where('id', '=', id).selectAll().execute()).length > 0,
    isBlocked: async () => (await blockedIn(admin)) > 0,
    close: async () => {
      await admin.end()
      await database.close()
    },
  }
}

export const insertOrder = (transaction: Transaction<Orders>, id: string): Promise<unknown> =>
  transaction.insertInto('orders').values({ id }).execute()
