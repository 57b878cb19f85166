/** The names of `reprise/postgres`. */
export {
  type OperatorOptions,
  postgres,
  type PostgresBackend,
  type PostgresOptions,
  type PostgresStore,
} from './adapters/postgres/backend'
export { sharded, type ShardedBackend, type ShardedOptions } from './adapters/sharded/backend'
export type { ShardedOperator } from './adapters/sharded/operator'
export type { Placement } from './adapters/sharded/placement'
export type { ShardBackend } from './adapters/sharded/source'
export type { ShardStore } from './adapters/sharded/store'
export type { DatabaseHandle, WakeUpsOption } from './adapters/postgres/connection/database'
export type { MakeClient } from './adapters/postgres/connection/listening'
export { connectPglite } from './adapters/postgres/connection/pglite'
export { connectPool } from './adapters/postgres/connection/pool'
export type { PreparedStatementsMode } from './adapters/postgres/connection/prepared-statements'
export { type ClientConstructor, severalHosts } from './adapters/postgres/connection/several-hosts'
export {
  type MigrateTenants,
  postgresTenants,
  type TenantNotMigrated,
  type TenantPlace,
  type Tenants,
  type TenantsMigrated,
} from './adapters/postgres/tenants'
export type {
  Partitioned,
  PartitionEvents,
  Partitioning,
} from './adapters/postgres/schema/partitioning'
export type { SchemaActions } from './adapters/postgres/schema/schema-actions'
export { type Migration, migrationsFor } from './adapters/postgres/schema/migrations'
export {
  type TableDeclaration,
  tableProjection,
} from './adapters/postgres/documents/table-projection'
export { archiveDirectory } from './archive/directory'
export type { ArchiveFiles } from './core/ports/archive-files'
export type { PersonalDataOptions } from './personal/key-ring'
export { masterKeyFrom, type MasterKey, type MasterKeySource } from './personal/master-key'
export { rotateMasterKey, type Rotated } from './personal/rotate-master-key'
export { type BuiltProjection, type TableProjection } from './core/projection'
export type { BuildTables, TableHandling } from './core/ports/own-tables'
export type { TableError, TablesNotCreated } from './core/errors/projection'
export { type TableReader, tableReader } from './shell/projection/table-reader'
export type { WholeStore } from './adapters/postgres/transfer/transfer'
export {
  inlineStatements,
  type RunsStatements,
  type StatementsHandler,
} from './shell/projection/inline-statements'
