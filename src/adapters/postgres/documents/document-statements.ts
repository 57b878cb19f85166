import { quoteIdentifier } from '../schema/names'
import { named } from '../read/statements'

/** Every statement about documents and the builds of projections. */
export interface DocumentStatements {
  readonly some: string
  readonly all: string
  readonly write: string
  readonly putNewer: string
  readonly lock: string
  readonly active: string
  readonly activate: string
  readonly clear: string
}

// Readers name the projection and see its active build.
const collectionOf = (schema: string): string =>
  `coalesce((select p.collection from ${schema}.projections p where p.name = $1::text), $1::text)`

const some = (schema: string): string => `
select key, value, revision::double precision as revision
from ${schema}.documents
where collection = ${collectionOf(schema)} and key = any((select $2::text[])::text[]) and value is not null`

const all = (schema: string): string => `
select key, value, revision::double precision as revision
from ${schema}.documents
where collection = ${collectionOf(schema)} and key > $2::text and value is not null
  and ($4::text is null or value @> $4::text::jsonb)
order by key
limit $3::integer`

// Arrays come through subqueries: see append-statements.ts.
// What was ever guarded keeps its revision when it is deleted, so that a stale write does not bring it back.
const write = (schema: string): string => `
with given as materialized (
  select w.* from unnest((select $2::text[]), (select $3::text[])) as w(key, value)
),
gone as (
  select key from given where value is null
),
deleted as (
  delete from ${schema}.documents d using gone
  where d.collection = $1::text and d.key = gone.key and d.revision = 0
),
emptied as (
  update ${schema}.documents d set value = null from gone
  where d.collection = $1 and d.key = gone.key and d.revision > 0
)
insert into ${schema}.documents as d (collection, key, value)
select $1, key, value::jsonb from given
where value is not null
order by key
on conflict on constraint documents_pkey do update set value = excluded.value`

const putNewer = (schema: string): string => `
insert into ${schema}.documents as d (collection, key, value, revision)
values ($1::text, $2::text, $3::text::jsonb, $4::bigint)
on conflict on constraint documents_pkey do update
  set value = excluded.value, revision = excluded.revision
  where d.revision < excluded.revision
returning key`

// Two-part keys: the horizon looks at one-part keys only, so nobody takes these for a writer's.
const lock = (): string => `
select pg_advisory_xact_lock(hashtext($1::text), k.hash)
from (select distinct hashtext(key) as hash from unnest($2::text[]) as w(key) order by 1) k`

// Readers never go back: the next build has come at least as far, seen at one moment.
const reached = (schema: string, collection: string): string =>
  `coalesce((select min(c.position) from ${schema}.checkpoints c where c.subscription = ${collection}), 0)`

const active = (schema: string): string => `
select version, build, collection from ${schema}.projections where name = $1::text`

const activate = (schema: string): string => `
insert into ${schema}.projections as p (name, version, build, collection)
values ($1::text, $2::integer, $3::integer, $4::text)
on conflict on constraint projections_pkey do update
  set version = excluded.version, build = excluded.build, collection = excluded.collection,
      activated_at = clock_timestamp()
  where (p.version, p.build) < (excluded.version, excluded.build)
    and ${reached(schema, 'excluded.collection')} >= ${reached(schema, 'p.collection')}`

const clear = (schema: string): string => `
delete from ${schema}.documents d
using (select key from ${schema}.documents where collection = $1::text limit $2::integer) found
where d.collection = $1 and d.key = found.key
returning d.key`

/** The statements for a schema of any name. */
export const documentStatements = (schema: string): DocumentStatements => {
  const quoted = quoteIdentifier(schema)
  return {
    some: named('documents', some(quoted)),
    all: named('collection', all(quoted)),
    write: named('write_documents', write(quoted)),
    putNewer: named('put_newer', putNewer(quoted)),
    lock: named('lock_documents', lock()),
    active: active(quoted),
    activate: activate(quoted),
    clear: clear(quoted),
  }
}
