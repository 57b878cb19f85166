-- The streams, the commands they have carried out, and their snapshots.
--
-- {{schema}} stands for the quoted name of the schema, {{namespace}} for its number from 0 to 2^24 - 1
-- among the advisory locks of the database. Once released, this file is never edited: add the next one.

create table {{schema}}.events (
  position       bigint      not null generated always as identity (cache 1),
  stream_id      text        not null collate "C",
  version        integer     not null,
  id             uuid        not null,
  type           text        not null,
  schema_version smallint    not null,
  recorded_at    timestamptz not null,
  data           jsonb       not null,
  metadata       jsonb       not null,
  constraint events_pkey primary key (stream_id, version),
  constraint events_position_key unique (position),
  constraint events_version_check check (version >= 1)
);

-- What makes a command that is sent twice have its effect once.
create table {{schema}}.commands (
  stream_id   text    not null collate "C",
  command_id  text    not null collate "C",
  after       integer not null, -- the version before its events
  event_count integer not null,
  constraint commands_pkey primary key (stream_id, command_id)
);

create table {{schema}}.snapshots (
  stream_id      text     not null collate "C",
  schema_version integer  not null,
  version        integer  not null,
  state          jsonb    not null,
  constraint snapshots_pkey primary key (stream_id, schema_version)
);

-- Events are facts. Maintenance functions of the library's own set reprise.maintenance for their
-- transaction; nobody else gets past this.
create function {{schema}}.refuse_change() returns trigger language plpgsql as $reprise$
begin
  if current_setting('reprise.maintenance', true) = 'on' then
    return coalesce(new, old);
  end if;
  raise exception 'events are immutable: % on % is refused', tg_op, tg_table_name
    using errcode = 'restrict_violation', hint = 'Record a new event that puts right what was wrong.';
end
$reprise$;

create trigger events_are_immutable before update or delete on {{schema}}.events
  for each row execute function {{schema}}.refuse_change();
create trigger events_are_not_truncated before truncate on {{schema}}.events
  for each statement execute function {{schema}}.refuse_change();

-- Tells every reader that positions above the returned one may still become visible: the writer holds
-- the shared lock whose key is (namespace, last value of the sequence) until its transaction ends.
-- Once in a transaction is enough, for its later positions are higher still.
create function {{schema}}.announce() returns void language plpgsql as $reprise$
declare
  last bigint;
  setting text; -- one for each store, also where two schemas share a namespace
begin
  select case when is_called then last_value else 0 end, 'reprise.announced_' || tableoid
    into last, setting
    from {{schema}}.events_position_seq;
  if current_setting(setting, true) is distinct from 'yes' then
    perform pg_advisory_xact_lock_shared(({{namespace}}::bigint << 40) | last);
    perform set_config(setting, 'yes', true);
  end if;
end
$reprise$;

-- The highest position at or below which nothing can appear any more. Read events in a LATER statement.
create function {{schema}}.horizon() returns bigint language plpgsql as $reprise$
declare
  last bigint;
  held bigint;
begin
  select case when is_called then last_value else 0 end into last
    from {{schema}}.events_position_seq;
  select min(((classid::bigint << 32) | objid::bigint) & ((1::bigint << 40) - 1)) into held
    from pg_locks
    where locktype = 'advisory' and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint >> 8) = {{namespace}};
  return least(last, held);
end
$reprise$;

-- Appends to any number of streams in one statement. Each append names another stream and succeeds or
-- fails on its own. The arrays run in parallel:
--   stream_ids, expected_versions (0 or more: exactly; -1: any; -2: must exist), and its first event
--   (ids ... metadata; null: no event, only commands to remember);
--   rest_*: the later events, with their places (2, 3, ...) within their append;
--   mark_*: commands to remember.
-- Streams must come in the same order from every caller (the order of code units), or two calls may
-- deadlock.
--
-- The first event of each append decides: it either takes (stream, version), or it does not, and then
-- nothing else of that append is stored. Answers, per stream:
--   outcome 0: appended; a row for each event with version and position (no event: one row, no position)
--   outcome 1: conflict; version is where the stream was when this began. If that is what the caller
--              expects, somebody else was faster meanwhile: ask again.
--   outcome 2: one of the commands was handled before; version is the one before its events
-- A command that another transaction remembers at this very moment, and that did nothing there, breaks
-- commands_pkey: then nothing is stored, and asking again answers outcome 2.
create function {{schema}}.append(
  stream_ids text[], expected_versions integer[],
  ids uuid[], types text[], schema_versions smallint[], data jsonb[], metadata jsonb[],
  rest_stream_ids text[], rest_places integer[],
  rest_ids uuid[], rest_types text[], rest_schema_versions smallint[],
  rest_data jsonb[], rest_metadata jsonb[],
  mark_stream_ids text[], mark_command_ids text[], mark_skips integer[], mark_counts integer[]
) returns table (
  stream_id text, outcome integer, version integer, "position" double precision,
  recorded_at double precision, command_id text, event_count integer
) language plpgsql
  -- A plan for every call would cost more than the call; and no plan made while the table was small may
  -- read all of it later.
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
as $reprise$
#variable_conflict use_column
declare
  moment timestamptz := date_trunc('milliseconds', clock_timestamp());
  moment_ms double precision := round(date_part('epoch', moment) * 1000);
begin
  perform {{schema}}.announce();

  if cardinality(rest_ids) = 0 and cardinality(mark_command_ids) = 0 then
    return query
      with request as materialized (
        select r.*, coalesce(
            (select e.version from {{schema}}.events e where e.stream_id = r.stream_id
              order by e.version desc limit 1), 0) as current
          from unnest(stream_ids, expected_versions, ids, types, schema_versions, data, metadata)
            with ordinality
            as r(stream_id, expected, id, type, schema_version, data, metadata, place)
      ),
      stored as (
        insert into {{schema}}.events
            (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
          select r.stream_id, r.current + 1, r.id, r.type, r.schema_version, moment, r.data, r.metadata
            from request r
            where r.expected in (-1, r.current) or (r.expected = -2 and r.current > 0)
            order by r.place
          on conflict on constraint events_pkey do nothing
          returning stream_id, version, position
      )
      select r.stream_id, case when s.version is null then 1 else 0 end,
             coalesce(s.version, r.current), s.position::double precision, moment_ms,
             null::text, null::integer
        from request r left join stored s on s.stream_id = r.stream_id;
    return;
  end if;

  return query
    with mark as materialized (
      select m.*
        from unnest(mark_stream_ids, mark_command_ids, mark_skips, mark_counts)
          as m(stream_id, command_id, skip, event_count)
    ),
    handled as materialized (
      select distinct on (c.stream_id) c.stream_id, c.command_id, c.after, c.event_count
        from mark m
          join {{schema}}.commands c on c.stream_id = m.stream_id and c.command_id = m.command_id
        order by c.stream_id, c.after
    ),
    request as materialized (
      select r.*, coalesce(
          (select e.version from {{schema}}.events e where e.stream_id = r.stream_id
            order by e.version desc limit 1), 0) as current
        from unnest(stream_ids, expected_versions, ids, types, schema_versions, data, metadata)
          with ordinality
          as r(stream_id, expected, id, type, schema_version, data, metadata, place)
        where not exists (select from handled h where h.stream_id = r.stream_id)
    ),
    fitting as materialized (
      select r.* from request r
        where r.expected in (-1, r.current) or (r.expected = -2 and r.current > 0)
    ),
    first as (
      insert into {{schema}}.events
          (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        select f.stream_id, f.current + 1, f.id, f.type, f.schema_version, moment, f.data, f.metadata
          from fitting f
          where f.id is not null
          order by f.place
        on conflict on constraint events_pkey do nothing
        returning stream_id, version, position
    ),
    rest as (
      insert into {{schema}}.events
          (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        select r.stream_id, f.version - 1 + r.place, r.id, r.type, r.schema_version, moment,
               r.data, r.metadata
          from unnest(rest_stream_ids, rest_places, rest_ids, rest_types, rest_schema_versions,
                      rest_data, rest_metadata)
                 as r(stream_id, place, id, type, schema_version, data, metadata)
            join first f on f.stream_id = r.stream_id
          order by r.stream_id, r.place
        returning stream_id, version, position
    ),
    accepted as (
      select stream_id, version - 1 as before from first
      union all
      select stream_id, current from fitting where id is null
    ),
    remembered as (
      insert into {{schema}}.commands (stream_id, command_id, after, event_count)
        select m.stream_id, m.command_id, a.before + m.skip, m.event_count
          from mark m join accepted a on a.stream_id = m.stream_id
          order by m.stream_id, m.command_id
    )
    select s.stream_id, 0, s.version, s.position::double precision, moment_ms,
           null::text, null::integer
      from (select * from first union all select * from rest) s
    union all
    select f.stream_id, 0, f.current, null, moment_ms, null, null
      from fitting f where f.id is null
    union all
    select r.stream_id, 1, r.current, null, moment_ms, null, null
      from request r where not exists (select from accepted a where a.stream_id = r.stream_id)
    union all
    select h.stream_id, 2, h.after, null, moment_ms, h.command_id, h.event_count
      from handled h;
end
$reprise$;

-- A page of the whole store. Its first row is the horizon (as a position, without an id); the events
-- follow, none of them beyond it. Null categories or types: all of them.
create function {{schema}}.read_all(
  after bigint, most integer, categories text[], types text[]
) returns table (
  "position" double precision, stream_id text, version integer, id uuid, type text,
  schema_version smallint, recorded_at double precision, data jsonb, metadata jsonb
) language plpgsql as $reprise$
#variable_conflict use_column
declare
  bound bigint := {{schema}}.horizon();
begin
  -- The events must be looked for after the horizon is known; one snapshot for the whole transaction,
  -- taken before, would miss those committed in between.
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'the whole store can be read in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'feature_not_supported';
  end if;
  return query select bound::double precision, null::text, null::integer, null::uuid, null::text,
    null::smallint, null::double precision, null::jsonb, null::jsonb;
  return query
    select e.position::double precision, e.stream_id, e.version, e.id, e.type, e.schema_version,
           floor(date_part('epoch', e.recorded_at) * 1000 + 0.0005), e.data, e.metadata
      from {{schema}}.events e
      where e.position > after and e.position <= bound
        and (categories is null or split_part(e.stream_id, '-', 1) = any(categories))
        and (types is null or e.type = any(types))
      order by e.position
      limit most;
end
$reprise$;
