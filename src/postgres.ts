/** The names of `reprise/postgres`. */
export {
  type PreparedStatementsProbe,
  probePreparedStatements,
} from './adapters/postgres/connection/prepared-statements-probe'
export {
  postgresOperator,
  type PostgresOperatorOptions,
} from './adapters/postgres/operator/operator'
export { connectPglite } from './adapters/postgres/connection/pglite'
export { connectPool, type Preparing } from './adapters/postgres/connection/pool'
export { migrate, type Migrated, type MigrationChanged } from './adapters/postgres/schema/migrate'
export { type Migration, migrationsFor } from './adapters/postgres/schema/migrations'
export {
  postgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from './adapters/postgres/postgres-store'
export { postgresProjections } from './adapters/postgres/documents/documents-store'
export { postgresRequests } from './adapters/postgres/outbox/outbox-store'
export {
  postgresSubscriptions,
  type PostgresReadOptions,
} from './adapters/postgres/subscriptions/subscription-store'
export { postgresWakeUps } from './adapters/postgres/subscriptions/wake-ups'
