/** The names of `reprise/postgres`. */
export { connectPglite } from './adapters/postgres/pglite'
export { connectPool, type Preparing } from './adapters/postgres/connection'
export { migrate, type Migrated, type MigrationChanged } from './adapters/postgres/migrate'
export { type Migration, migrationsFor } from './adapters/postgres/migrations'
export {
  postgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from './adapters/postgres/postgres-store'
export { postgresProjections } from './adapters/postgres/projections'
export { postgresRequests } from './adapters/postgres/request-store'
export {
  postgresSubscriptions,
  type PostgresReadOptions,
} from './adapters/postgres/subscription-store'
export { postgresWakeUps } from './adapters/postgres/wake-ups'
