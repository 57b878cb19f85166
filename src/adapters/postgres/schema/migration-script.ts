import { bracketFor, type Migration } from './migrations'
import { HIGHEST_POSITION, namespaceOf, quoteIdentifier, quoteText } from './names'

/** The table that records which migrations were run. */
export const migrationsTable = (schema: string): string => `${quoteIdentifier(schema)}.migrations`

/**
 * What must exist before the first migration: the schema, and the table of migrations. Where they are, no right to
 * create them is needed.
 */
export const foundation = (schema: string): string => {
  const bracket = bracketFor(schema)
  return `do ${bracket}
begin
  -- For this transaction: to check the bodies of functions, which the tests of the library run, is a third of a migration.
  perform set_config('check_function_bodies', 'off', true);
  if not exists (select from pg_catalog.pg_namespace where nspname = ${quoteText(schema)}) then
    create schema if not exists ${quoteIdentifier(schema)};
  end if;
  if to_regclass(${quoteText(migrationsTable(schema))}) is null then
    create table if not exists ${migrationsTable(schema)} (
      name        text        not null primary key,
      fingerprint text        not null,
      applied_at  timestamptz not null default now()
    );
  end if;
end
${bracket};`
}

/** Adapts the functions to the name that the schema has now, if they were made for another one. */
export const followRename = (schema: string): string => {
  const bracket = bracketFor(schema)
  const store = `${quoteIdentifier(schema)}.store`
  return `do ${bracket}
declare
  was text := (select name from ${store});
  now_is constant text := ${quoteText(`${quoteIdentifier(schema)}.`)};
  mark constant text := chr(39);
  definition text;
begin
  if was = ${quoteText(schema)} then return; end if;
  was := '"' || replace(was, '"', '""') || '".';
  for definition in
    select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = ${quoteText(schema)}
  loop
    -- Inside of constants first: there the name is quoted once more.
    definition := replace(definition, mark || replace(was, mark, mark || mark),
      mark || replace(now_is, mark, mark || mark));
    execute replace(definition, was, now_is);
  end loop;
  update ${store} set name = ${quoteText(schema)};
end
${bracket};`
}

/** Whether the server shows what a transaction announces. */
export const announcementsAreVisible = (schema: string): string =>
  `select ${quoteIdentifier(schema)}.announcements_are_visible() as visible`

/** One migration runs at a time in each schema: locks the last key of its namespace, which no writer uses. */
export const takeTurns = (schema: string): string =>
  `select pg_advisory_xact_lock((${namespaceOf(schema)}::bigint << 40) | ${HIGHEST_POSITION}::bigint);`

/** Records that `migration` was run. */
export const remember = (schema: string, { name, fingerprint }: Migration): string =>
  `insert into ${migrationsTable(schema)} (name, fingerprint)\n  values (${quoteText(name)}, ${quoteText(fingerprint)});`

/**
 * A migration as a text that stands alone: run by `psql`, or by the application's own tool, it has the same effect
 * as {@link migrate}.
 */
export const scriptOf = (schema: string, migration: Migration): string =>
  `${foundation(schema)}\n\n${migration.sql.trimEnd()}\n\n${remember(schema, migration)}\n`
