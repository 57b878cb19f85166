import { quoteIdentifier } from '../schema/names'
import { milliseconds } from '../schema/sql'
import { named } from '../read/statements'

/** Every statement about documents and the builds of projections. */
export interface DocumentStatements {
  readonly some: string
  readonly all: string
  readonly write: string
  readonly putNewer: string
  readonly lock: string
  readonly someOfVersion: string
  readonly allOfVersion: string
  readonly active: string
  readonly begin: string
  readonly join: string
  readonly activate: string
  readonly rollBack: string
  readonly builds: string
  readonly abandon: string
  readonly sweep: string
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

// The active build, and the one that readers of a version see: the active one or, when that is of another version,
// the newest one that is kept. No row: the projection never had a build.
const seenOf = (schema: string): string => `
seen as materialized (
  select p.version as active_version, p.build as active_build, p.collection as active_collection,
         own.version, own.build, own.collection
  from ${schema}.projections p
    left join lateral (
      select p.version, p.build, p.collection where p.version = $2::integer
      union all
      (select b.version, b.build, b.collection from ${schema}.builds b
       where b.projection = p.name and b.version = $2 and p.version <> $2 and b.state = 'kept'
       order by b.build desc limit 1)
    ) own on true
  where p.name = $1::text and p.collection is not null
)`

// One statement: the build must not be removed between being found and being read.
const ofVersion = (schema: string, documents: string): string => `
with ${seenOf(schema)},
target as materialized (
  select case when exists (select from seen) then (select collection from seen) else $1 end
    as collection
)
select null::text collate "C" as key, null::jsonb as value, null::double precision as revision, seen.*
from (select) always left join seen on true
union all
select found.*, null, null, null, null, null, null
from (
  select d.key, d.value, d.revision::double precision as revision
  from ${schema}.documents d
  where d.collection = (select collection from target) and d.value is not null
    and ${documents}
) found
order by key nulls first`

const someOfVersion = (schema: string): string =>
  ofVersion(schema, 'd.key = any((select $3::text[])::text[])')

const allOfVersion = (schema: string): string =>
  ofVersion(
    schema,
    `d.key > $3::text and ($5::text is null or d.value @> $5::text::jsonb)
  order by d.key
  limit $4::integer`,
  )

const active = (schema: string): string => `
select version, build, collection from ${schema}.projections
where name = $1::text and collection is not null`

const begin = (schema: string): string => `
select version, build, collection from ${schema}.begin_build($1::text, $2::integer, false)`

const join = (schema: string): string => `
select version, build, collection from ${schema}.join_build($1::text, $2::integer, $3::integer)`

const activate = (schema: string): string => `
select ${schema}.activate_build($1::text, $2::integer, $3::integer, $4::text, $5::double precision)`

const rollBack = (schema: string): string => `
select version, build, collection from ${schema}.roll_back_build($1::text)`

const builds = (schema: string): string => `
select b.version, b.build, b.collection, b.state, ${milliseconds('b.begun_at')} as begun_at,
       case when b.state = 'kept' then ${milliseconds('b.kept_until')} end as kept_until,
       (select min(c.position)::double precision from ${schema}.checkpoints c
        where c.subscription = b.collection) as reached,
       ${schema}.held_of(b.collection) as held,
       (select count(*)::integer from ${schema}.instances i
        where i.subscription = b.collection and i.leased_until >= clock_timestamp()) as instances
from ${schema}.builds b
where b.projection = $1::text and b.state <> 'gone'
order by b.version, b.build`

const abandon = (schema: string): string => `
update ${schema}.builds b set state = 'removing'
where b.projection = $1::text and b.collection = $2::text and b.state = 'building'
  and not exists (select from ${schema}.instances i
                  where i.subscription = b.collection and i.leased_until >= clock_timestamp())`

const sweep = (schema: string): string => `
select ${schema}.sweep_builds($1::text, $2::integer, $3::integer) as deleted`

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
    someOfVersion: named('documents_of_version', someOfVersion(quoted)),
    allOfVersion: named('collection_of_version', allOfVersion(quoted)),
    active: active(quoted),
    begin: begin(quoted),
    join: join(quoted),
    activate: activate(quoted),
    rollBack: rollBack(quoted),
    builds: builds(quoted),
    abandon: abandon(quoted),
    sweep: sweep(quoted),
    clear: clear(quoted),
  }
}
