import { MAXIMUM_POSITION } from '../../../core/stream'
import { type Migration } from './migrations'
import { namespaceOf, quoteIdentifier, quoteText } from './names'

/** The table that records which migrations were run. */
export const migrationsTable = (schema: string): string => `${quoteIdentifier(schema)}.migrations`

/** What must exist before the first migration: the schema, and the table of migrations. */
export const foundation = (
  schema: string,
): string => `create schema if not exists ${quoteIdentifier(schema)};
create table if not exists ${migrationsTable(schema)} (
  name        text        not null primary key,
  fingerprint text        not null,
  applied_at  timestamptz not null default now()
);`

/** One migration runs at a time in each schema: locks the last key of its namespace, which no writer uses. */
export const takeTurns = (schema: string): string =>
  `select pg_advisory_xact_lock((${namespaceOf(schema)}::bigint << 40) | ${MAXIMUM_POSITION}::bigint);`

/** Records that `migration` was run. */
export const remember = (schema: string, { name, fingerprint }: Migration): string =>
  `insert into ${migrationsTable(schema)} (name, fingerprint)\n  values (${quoteText(name)}, ${quoteText(fingerprint)});`

/**
 * A migration as a text that stands alone: run by `psql`, or by the application's own tool, it has the same effect
 * as {@link migrate}.
 */
export const scriptOf = (schema: string, migration: Migration): string =>
  `${foundation(schema)}\n\n${migration.sql.trimEnd()}\n\n${remember(schema, migration)}\n`
