import { memory } from '../../src/adapters/memory/backend'
import { postgres } from '../../src/adapters/postgres/backend'
import type { BoundaryStore } from '../../src/core/ports/boundary-store'
import type { EventStore } from '../../src/core/ports/event-store'
import { type MigratedDatabase, migratedDatabase } from './postgres'

/** A store for a suite, and another way into the same store: as if from another process. */
export interface StoreUnderTest {
  readonly store: EventStore & BoundaryStore
  readonly second: EventStore & BoundaryStore
  readonly close: () => Promise<void>
}

/** The stores that every suite of the shell runs on. */
export const stores: ReadonlyArray<readonly [string, () => Promise<StoreUnderTest>]> = [
  [
    'memory',
    () => {
      const store = memory().store
      return Promise.resolve({ store, second: store, close: () => Promise.resolve() })
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const database: MigratedDatabase<unknown> = await migratedDatabase()
      return {
        store: postgres(database.connect()).store,
        second: postgres(database.connect()).store,
        close: database.close,
      }
    },
  ],
]

let streams = 0

/** An id that no other test of this run uses. */
export const freshId = (): string => `${process.pid}-${Date.now()}-${streams++}`
