/** The names of `reprise/postgres`. */
export {
  type OperatorOptions,
  postgres,
  type PostgresBackend,
  type PostgresOptions,
  type PostgresStore,
} from './adapters/postgres/backend'
export type { DatabaseHandle, WakeUpsOption } from './adapters/postgres/connection/database'
export type { MakeClient } from './adapters/postgres/connection/listening'
export { connectPglite } from './adapters/postgres/connection/pglite'
export { connectPool, type PreparedStatementsMode } from './adapters/postgres/connection/pool'
export { type ClientConstructor, severalHosts } from './adapters/postgres/connection/several-hosts'
export { type Migration, migrationsFor } from './adapters/postgres/schema/migrations'
