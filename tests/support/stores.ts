import { memoryStore } from '../../src/adapters/memory/store'
import { postgresStore } from '../../src/adapters/postgres/postgres-store'
import type { EventStore } from '../../src/core/ports/event-store'
import { type MigratedDatabase, migratedDatabase } from './postgres'

/** A store for a suite, and another way into the same store: as if from another process. */
export interface StoreUnderTest {
  readonly store: EventStore
  readonly second: EventStore
  readonly close: () => Promise<void>
}

/** The stores that every suite of the shell runs on. */
export const stores: ReadonlyArray<readonly [string, () => Promise<StoreUnderTest>]> = [
  [
    'memory',
    () => {
      const store = memoryStore()
      return Promise.resolve({ store, second: store, close: () => Promise.resolve() })
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const database: MigratedDatabase<unknown> = await migratedDatabase()
      return {
        store: postgresStore(database.connect()),
        second: postgresStore(database.connect()),
        close: database.close,
      }
    },
  ],
]

let streams = 0

/** An id that no other test of this run uses. */
export const freshId = (): string => `${process.pid}-${Date.now()}-${streams++}`
