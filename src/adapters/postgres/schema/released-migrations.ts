// Made by `npm run migrations` from migrations/*.sql: change those.

/** The released migrations, oldest first. */
export const released: ReadonlyArray<{ readonly name: string; readonly text: string }> = [
  { name: '0001_reprise', text: `-- The event store: streams, the commands they have carried out, and their snapshots; then subscriptions, read
-- models, and the outbox: the commands that process managers have issued.
--
-- {{schema}} stands for the quoted name of the schema, {{name}} for its name as a constant of SQL, and
-- {{quoted}} for the quoted name inside of such a constant. Once released, this file is never edited: add the
-- next one. All times are the database's: a process whose clock is wrong cannot keep a lease.
--
-- Error codes of our own: RP001 the server is a replica, RP002 the sequence is behind the rows, RP003 the schema
-- has been renamed, RP004 the transaction is not READ COMMITTED, RP005 an append to a category with tags whose writer
-- declares none, RP006 tags are not complete, RP007 a writer that goes by another map of the slots, or by none, RP008 slots
-- of the shard are being moved, RP009 events are being moved to partitions, RP010 an append whose projections were sent with it
-- has stored nothing.

-- What this store is: one row.
create table {{schema}}.store (
  id      uuid        not null default gen_random_uuid(), -- never changes
  -- Changes when positions may stand for other events than before: after a restore. See new_lineage.
  lineage uuid        not null default gen_random_uuid(),
  since   timestamptz not null default clock_timestamp(),
  name    text        not null, -- of the schema for which its functions were made
  -- How many rebuilds of tags have begun: what was seen by tag before the last one says nothing any more.
  rebuilds integer    not null default 0,
  one     boolean     not null default true,
  constraint store_pkey primary key (one),
  constraint store_one_check check (one)
);
insert into {{schema}}.store (name) values ({{name}});

-- The positions. A sequence of its own and no identity, so that it can go over to another table of events as it is: see
-- finish_partitioning.
create sequence {{schema}}.events_position_seq as bigint minvalue 0 start 1 cache 1;
create table {{schema}}.events (
  position       bigint      not null default nextval('{{quoted}}.events_position_seq'),
  stream_id      text        not null collate "C",
  version        integer     not null,
  id             uuid        not null,
  type           text        not null,
  schema_version smallint    not null,
  recorded_at    timestamptz not null,
  data           jsonb       not null,
  metadata       jsonb       not null,
  constraint events_pkey primary key (stream_id, version),
  constraint events_position_key unique (position)
);
alter sequence {{schema}}.events_position_seq owned by {{schema}}.events.position;

-- As if 0 had been drawn: until a position is, pg_sequence_last_value would answer null.
select setval('{{quoted}}.events_position_seq', 0);

-- For reading by correlation id: of each only the beginning, for no text is too long to be stored.
create index events_correlation on {{schema}}.events (left(metadata ->> 'correlationId', 64), position)
  where metadata ? 'correlationId';

-- What makes a command that is sent twice have its effect once.
create table {{schema}}.commands (
  stream_id   text    not null collate "C",
  command_id  text    not null collate "C",
  after       integer not null, -- the version before its events
  event_count integer not null,
  fingerprint text    collate "C", -- says which command it was. null: it had none
  constraint commands_pkey primary key (stream_id, command_id)
);

create table {{schema}}.snapshots (
  stream_id      text     not null collate "C",
  schema_version integer  not null,
  version        integer  not null,
  state          jsonb    not null,
  constraint snapshots_pkey primary key (stream_id, schema_version)
);

-- Events are facts. Maintenance functions of the library's own set reprise.maintenance for their transaction,
-- and run as the owner of the table (security definer): a role that only sets it is refused all the same.
create function {{schema}}.refuse_change() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  if current_setting('reprise.maintenance', true) = 'on'
    and current_user = (select pg_get_userbyid(c.relowner) from pg_class c where c.oid = tg_relid) then
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

-- How often events were removed: erased, archived, truncated, or moved to another shard. While it stays, what an import knows of a
-- stream holds. What removes events locks the row first, so that one does it at a time.
create table {{schema}}.removals (
  count bigint  not null default 0,
  one   boolean not null default true,
  constraint removals_pkey primary key (one),
  constraint removals_one_check check (one)
);
insert into {{schema}}.removals default values;
create function {{schema}}.count_removal() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  update {{schema}}.removals set count = count + 1;
  return null;
end
$reprise$;
create trigger removals_are_counted after delete on {{schema}}.events
  for each statement execute function {{schema}}.count_removal();

-- For an append in a transaction above READ COMMITTED. It goes by what there was when the transaction began: the version that it takes
-- for the next one may be that of an event which was removed since, and then no key refuses it. Fails (serialization_failure) if
-- anything was removed since then, and lets nothing be removed until the transaction ends. Answers true.
create function {{schema}}.hold_removals() returns boolean language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  perform from {{schema}}.removals for share;
  return true;
end
$reprise$;

-- The same for READ COMMITTED, where one statement may still go by what there was when it began: waits until all have ended that may
-- insert such an event. To be called before events are deleted, and when every writer that begins later finds the stream beyond
-- them. Writers have the lock of an insert before they look.
-- Not waited for: who waits for this transaction (it has not looked yet, or has met a row of it), and who is seen to be between two
-- statements (it will look again). Fails (lock_not_available) after 5 seconds.
-- See docs/adr/0125-what-removes-events-waits-for-writers.md.
create function {{schema}}.wait_for_writers() returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  writers text[];
  pids text;
  deadline timestamptz := clock_timestamp() + interval '5 seconds';
begin
  loop
    perform pg_stat_clear_snapshot(); -- or what others do would be what they did when this transaction first asked
    with holders as materialized (
      select l.virtualtransaction, l.pid
        from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'relation' and l.relation = '{{quoted}}.events'::regclass
          and l.database = (select d.oid from pg_database d where d.datname = current_database())
          and l.mode = 'RowExclusiveLock' and l.granted and l.pid <> pg_backend_pid()
          and (writers is null or l.virtualtransaction = any(writers))
          and (a.state is null or a.state not like 'idle in transaction%')
    )
    select array_agg(h.virtualtransaction), string_agg(h.pid::text, ', ' order by h.pid) into writers, pids
      from holders h where pg_backend_pid() <> all (pg_blocking_pids(h.pid));
    if writers is null then
      return;
    end if;
    if clock_timestamp() > deadline then
      raise exception 'transactions that append have not ended within 5 seconds (server processes %)', pids
        using errcode = 'lock_not_available';
    end if;
    perform pg_sleep(0.002);
  end loop;
end
$reprise$;

-- What events concern beside their streams: see docs/explanation/boundaries.md. Written once, as the events are.
create table {{schema}}.event_tags (
  tag      text   not null collate "C",
  position bigint not null,
  type     text   not null, -- of the event
  constraint event_tags_pkey primary key (tag, position) include (type)
);
create trigger event_tags_are_immutable before update or delete on {{schema}}.event_tags
  for each row execute function {{schema}}.refuse_change();
create trigger event_tags_are_not_truncated before truncate on {{schema}}.event_tags
  for each statement execute function {{schema}}.refuse_change();

-- The categories that declare tags. A read by tags that may rest on one whose tags are not complete is refused.
-- See docs/adr/0080-tags-are-complete-once-the-database-says-so.md.
create table {{schema}}.tagged_categories (
  category       text    not null collate "C",
  -- Every later event was appended by a writer that declares the tags. null: not known, for there were events before.
  complete_after bigint,
  rebuilt_to     bigint  not null default 0, -- up to here a rebuild has tagged what was stored
  enforced       boolean not null default false, -- a trigger refuses writers that do not declare them
  constraint tagged_categories_pkey primary key (category)
);

-- The categories whose tags are not complete. among: some categories, null: all. To be inlined into the statement that calls it:
-- so no settings.
create function {{schema}}.incomplete_tags(among text[]) returns setof text language sql stable
as $reprise$
  select t.category from {{schema}}.tagged_categories t
    where (t.complete_after is null or t.rebuilt_to < t.complete_after) and (among is null or t.category = any(among))
$reprise$;

-- Refuses the reader if it may rest on a category whose tags are not complete. among: some categories, null: all.
create function {{schema}}.check_tags(among text[]) returns boolean language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  incomplete text;
begin
  select string_agg(c, ', ' order by c) into incomplete from {{schema}}.incomplete_tags(among) c;
  if incomplete is not null then
    raise exception 'the tags of % are not complete', incomplete using errcode = 'RP006';
  end if;
  return true;
end
$reprise$;

-- Refuses who has found that tags are not complete. They may be by now.
create function {{schema}}.refuse_incomplete_tags() returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  perform {{schema}}.check_tags(null); -- says which
  raise exception 'the tags of a category were not complete a moment ago' using errcode = 'RP006';
end
$reprise$;

-- A process that declares the tags of a category says so before it appends. The first one ever finds out whether
-- there are events without any tag: once in the life of a category.
create function {{schema}}.declare_tags(of_category text) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  if not exists (select from {{schema}}.tagged_categories t where t.category = of_category) then
    insert into {{schema}}.tagged_categories (category, complete_after)
      select of_category, case when not exists (select from {{schema}}.events e
          where e.stream_id > of_category || '-' and e.stream_id < of_category || '.' and e.schema_version > 0
            and not exists (select from {{schema}}.event_tags t where t.position = e.position)) then 0 end
      on conflict do nothing;
  end if;
end
$reprise$;

-- For the trigger of a category whose tags are enforced: append_together says which categories its writer declares.
create function {{schema}}.refuse_untagged() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  if strpos(E'\\n' || coalesce(current_setting('reprise.declared', true), '') || E'\\n',
      E'\\ntags of ' || tg_argv[0] || E'\\n') = 0 then
    raise exception 'the category % has tags, and this writer does not declare them', tg_argv[0]
      using errcode = 'RP005';
  end if;
  return null;
end
$reprise$;

-- Begins a rebuild of the tags of a category, or goes on with one. From then on every writer declares them, and what was
-- appended before is at or below complete_after: the lock is granted when all who have written have ended. It waits for
-- a tenth of a second at most, for others wait behind it.
-- again: also if they are complete.
create function {{schema}}.begin_tags(of_category text, again boolean) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  known {{schema}}.tagged_categories;
  trigger_name text;
begin
  insert into {{schema}}.tagged_categories (category) values (of_category) on conflict do nothing;
  select * into known from {{schema}}.tagged_categories t where t.category = of_category for update;
  if known.enforced and (not again or known.rebuilt_to < known.complete_after) then
    return;
  end if;
  perform set_config('lock_timeout', '100ms', true);
  lock table {{schema}}.events in share row exclusive mode;
  trigger_name := 'tags_of_' || md5(of_category);
  execute format(
    'create or replace trigger %I after insert on %s.events for each row
       when (new.stream_id > %L and new.stream_id < %L) execute function %s.refuse_untagged(%L)',
    trigger_name, '{{quoted}}', of_category || '-', of_category || '.', '{{quoted}}', of_category);
  update {{schema}}.tagged_categories t
    set enforced = true, rebuilt_to = 0, complete_after = (
      select case when s.is_called then s.last_value else 0 end from {{schema}}.events_position_seq s)
    where t.category = of_category;
  update {{schema}}.store set rebuilds = rebuilds + 1;
end
$reprise$;

-- The tags of some events of a category, between two positions, all of its events there. Whoever else has saved them is
-- not in the way: then nothing happens.
create function {{schema}}.save_tags(
  of_category text, above bigint, up_to bigint, positions bigint[], tags text[]
) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  perform from {{schema}}.tagged_categories t
    where t.category = of_category and t.enforced and t.rebuilt_to = above for update;
  if not found then
    return;
  end if;
  insert into {{schema}}.event_tags (tag, position, type)
    select n.tag, e.position, e.type
      from unnest(positions, tags) as n(position, tag) join {{schema}}.events e on e.position = n.position
      order by 1, 2
    on conflict do nothing;
  update {{schema}}.tagged_categories t set rebuilt_to = up_to where t.category = of_category;
end
$reprise$;

-- Refuses a caller that means the events of another schema: this one was renamed or copied. One whose table is gone has begun just
-- before the events were moved to partitions, and means this one.
create function {{schema}}.refuse_other_table(at regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  if pg_table_is_visible(at) is not null then
    raise exception 'the functions of the schema of % were made for another name', at using errcode = 'RP003';
  end if;
end
$reprise$;

-- Whether the sequence, which is at \`last\`, is known to be ahead of all rows. It is where the events are in partitions, each of which
-- has an index to look into, if this session has looked less than a second ago: see refuse_behind. (The statements that append say
-- the same in line.)
create function {{schema}}.is_ahead(last bigint) returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  memory text[] := string_to_array(
    current_setting('reprise.ahead_' || '{{quoted}}.events_position_seq'::regclass::oid, true), ' ');
begin
  return coalesce(memory[1]::bigint <= last
    and date_part('epoch', clock_timestamp()) - memory[2]::double precision between 0 and 1, false);
end
$reprise$;

-- Refuses to append where the sequence is behind the rows. Where the events are in partitions the session remembers where the
-- sequence is, and when it has looked. Answers true.
create function {{schema}}.refuse_behind(at regclass) returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  highest bigint;
  last bigint;
begin
  if at <> '{{quoted}}.events'::regclass then
    perform {{schema}}.refuse_other_table(at);
  end if;
  -- The rows first: none that is seen can have been drawn after the sequence is read.
  select e.position into highest from {{schema}}.events e order by e.position desc limit 1;
  last := pg_sequence_last_value('{{quoted}}.events_position_seq');
  if last is null then -- it has drawn none; or the role may not know, and is told so
    select case when s.is_called then s.last_value else 0 end into last from {{schema}}.events_position_seq s;
  end if;
  if highest > last then
    raise exception 'the sequence of positions is at %, behind the stored position %', last, highest
      using errcode = 'RP002';
  end if;
  if current_setting('transaction_isolation') in ('read committed', 'read uncommitted')
    and exists (select from pg_class c where c.oid = '{{quoted}}.events'::regclass and c.relkind = 'p') then
    perform set_config('reprise.ahead_' || '{{quoted}}.events_position_seq'::regclass::oid,
      last || ' ' || date_part('epoch', clock_timestamp()), false);
  end if;
  return true;
end
$reprise$;

-- Announces to every reader that positions above the returned one may still become visible: the writer holds
-- the shared lock whose key is (namespace, last value of the sequence) until its transaction ends.
-- Once in a transaction is enough, for its later positions are higher still.
--
-- The namespace is 24 bits of the sequence's own oid: every reader of the sequence knows it, and a copied or
-- renamed schema cannot have an old one. Two stores with the same one stay correct: a reader of one may wait
-- for a writer of the other.
create function {{schema}}.announce(at regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  last bigint;
  space bigint;
  setting text; -- one for each store, also where two of them share a namespace
  sequence oid;
  again bigint;
begin
  if at <> '{{quoted}}.events'::regclass then
    perform {{schema}}.refuse_other_table(at);
  end if;
  select case when is_called then last_value else 0 end, tableoid::bigint & 16777215, 'reprise.announced_' || tableoid, tableoid
    into last, space, setting, sequence
    from {{schema}}.events_position_seq;
  if not {{schema}}.is_ahead(last) then
    perform {{schema}}.refuse_behind(at);
  end if;
  if current_setting(setting, true) is distinct from 'yes' then
    -- Who comes late announces again: readers that know a horizon look no further back than 32 positions. See visible.
    loop
      perform pg_advisory_xact_lock_shared((space << 40) | last);
      again := coalesce(pg_sequence_last_value(sequence), 0);
      exit when again <= last + 32;
      last := again;
    end loop;
    perform set_config(setting, 'yes', true);
  end if;
end
$reprise$;

-- What has been announced here and not yet committed or rolled back. Without a pid: a prepared transaction, with
-- its xid.
-- A lock that is held outside of a transaction, or not shared, is no writer's of ours, and counts for nothing.
-- (A transaction that begins between the two looks at pg_locks announces after them, and what it draws is
-- above the sequence's value that the reader has read before: see docs/explanation/ordering.md.)
create function {{schema}}.announced() returns table (
  pid integer, prepared text, "position" bigint
) language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  space bigint;
begin
  select tableoid::bigint & 16777215 into space from {{schema}}.events_position_seq;
  return query
    with locks as materialized (select * from pg_locks l where l.locktype in ('advisory', 'virtualxid'))
    select l.pid, case when l.pid is null then split_part(l.virtualtransaction, '/', 2) end,
           ((l.classid::bigint << 32) | l.objid::bigint) & 1099511627775
      from locks l
      where l.locktype = 'advisory' and l.objsubid = 1 and l.mode = 'ShareLock' and l.granted
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        and (l.classid::bigint >> 8) = space
        and (l.pid is null
          or exists (select from locks t where t.locktype = 'virtualxid' and t.pid = l.pid));
end
$reprise$;

-- Whether this server is one whose locks can be relied on: what a transaction announces is there to be seen.
create function {{schema}}.announcements_are_visible() returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  perform {{schema}}.announce(null);
  return exists (select from {{schema}}.announced() a where a.pid = pg_backend_pid());
end
$reprise$;

-- For statements that read up to a horizon that is known: another server may answer them than gave it.
create function {{schema}}.refuse_replica() returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  raise exception 'a replica knows no horizon' using errcode = 'RP001';
end
$reprise$;

-- For appends after which other statements of the same transaction are sent: they must not be run if it stores nothing.
create function {{schema}}.refuse_nothing_stored() returns text language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  raise exception 'nothing was appended: another version, or a command that was handled before' using errcode = 'RP010';
end
$reprise$;

-- The first key that a writer holds, of those from one up to another, which is not tried. Another session that tries a key at the
-- same moment has it for less than a microsecond.
create function {{schema}}.held_key(space bigint, from_key bigint, to_key bigint) returns bigint language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  return (select k.key
    from generate_series(from_key, to_key - 1) as k(key)
    where case
        when pg_try_advisory_lock((space << 40) | k.key) then not pg_advisory_unlock((space << 40) | k.key)
        when pg_try_advisory_lock((space << 40) | k.key) then not pg_advisory_unlock((space << 40) | k.key)
        when pg_try_advisory_lock((space << 40) | k.key) then not pg_advisory_unlock((space << 40) | k.key)
        else true
      end
    limit 1);
end
$reprise$;

-- How far the store can be read, and what it is. horizon: nothing can appear any more at or below it; read
-- events in a LATER statement. highest: the highest position of all that is visible. The horizon is never
-- above it: what a sequence has drawn for nothing it may draw once more after a crash.
--
-- Listing all locks of the server costs the more the more there are, of tags and of anything else. So a session remembers the
-- horizon that it has seen, and goes on from there: it tries the keys from there on, one by one, up to the first that
-- a writer holds. A try holds a key for less than a microsecond, and a writer that is on time takes none of them: it announces
-- the last value of the sequence, and the keys end before that. One that is late by up to 32 positions is found by
-- beginning 32 keys before; one that is later announces again. All locks are listed by the first look of a session, by one
-- in a transaction that has written (its own locks do not stop its tries), by one that is more than 512 positions behind, and
-- once a second while it gets no further (a lock that is no writer's is told apart there only).
-- See docs/explanation/ordering.md.
--
-- While the sequence stays where it is, and all that it has drawn was stored or given up, nothing can become visible: then the
-- highest position is looked for once a second only, for partitions have an index each. So rows beyond the sequence are found up
-- to a second later; a sequence that was set back is found at once, unless it is where it was when this session looked.
--
-- at: see append_together.
create function {{schema}}.visible(
  at regclass, out horizon bigint, out highest bigint, out lineage uuid
) language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  last bigint;
  again bigint;
  space bigint;
  setting text; -- where the session remembers: the horizon, when it has listed the locks, the lineage, the value at which the
    -- sequence has nothing under way (null: it may have), and when it has looked for the highest position
  memory text[];
  known bigint;
  safe bigint; -- as far as it goes without a writer
  held bigint;
  settled boolean;
  moment bigint := date_part('epoch', clock_timestamp()) * 1000;
begin
  if at <> '{{quoted}}.events'::regclass then
    perform {{schema}}.refuse_other_table(at);
  end if;
  if pg_is_in_recovery() then
    perform {{schema}}.refuse_replica();
  end if;
  -- The sequence first, then the locks.
  select case when s.is_called then s.last_value else 0 end, s.tableoid::bigint & 16777215, 'reprise.horizon_' || s.tableoid
    into last, space, setting from {{schema}}.events_position_seq s;
  select s.lineage into lineage from {{schema}}.store s;
  memory := string_to_array(current_setting(setting, true), ' ', '-');
  if memory[4]::bigint = last and memory[3] = lineage::text and moment - memory[5]::bigint between 0 and 999 then
    horizon := memory[1];
    highest := horizon;
    return;
  end if;
  select e.position into highest from {{schema}}.events e order by e.position desc limit 1;
  highest := coalesce(highest, 0);
  if highest > last then
    -- Drawn since, or not drawn at all.
    select case when is_called then last_value else 0 end into again from {{schema}}.events_position_seq;
    if highest > again then
      raise exception 'the sequence of positions is at %, behind the stored position %', again, highest
        using errcode = 'RP002';
    end if;
  end if;
  safe := least(last, highest);
  if memory[3] = lineage::text and memory[1]::bigint <= safe and pg_current_xact_id_if_assigned() is null then
    known := memory[1]::bigint;
    if known < safe then
      held := {{schema}}.held_key(space, greatest(known - 32, 0), least(safe, known + 512));
    end if;
    if held > known then
      horizon := held;
    elsif held is null and safe <= known + 512 then
      horizon := safe;
    elsif held is not null and memory[2]::bigint > moment - 1000 then
      horizon := known;
      return;
    end if;
  end if;
  if horizon is null then
    memory[2] := moment;
    select min(a.position) into held from {{schema}}.announced() a;
    horizon := least(safe, greatest(held, known));
    if held is null then
      horizon := safe;
    end if;
  end if;
  -- Nothing is under way if no writer has drawn what is above the highest position, and none has committed it since.
  settled := horizon = last and highest <= last;
  if horizon = safe and last - safe between 1 and 512 and pg_current_xact_id_if_assigned() is null
    and {{schema}}.held_key(space, greatest(safe - 32, 0), last) is null then
    select not exists (select from {{schema}}.events e where e.position > safe) into settled;
  end if;
  perform set_config(setting, concat_ws(' ', horizon, coalesce(memory[2], '-'), lineage,
    case when settled then last::text else '-' end, moment), false);
end
$reprise$;

-- The same for an operator, who sees one number.
create function {{schema}}.horizon(at regclass default null) returns bigint language sql
  set search_path = pg_catalog, pg_temp
as $reprise$
  select v.horizon from {{schema}}.visible(at) v
$reprise$;

-- The same as a hint, which fails for nothing: whoever reads finds out what is wrong.
create function {{schema}}.readable() returns double precision language sql
  set search_path = pg_catalog, pg_temp
as $reprise$
  select least(
      (select case when is_called then last_value else 0 end from {{schema}}.events_position_seq),
      (select min(a.position) from {{schema}}.announced() a),
      (select coalesce(max(e.position), 0) from {{schema}}.events e))::double precision
$reprise$;

-- The positions of the events that match one item of a query, above a position and up to another, in their order: \`most\` of them,
-- null: all. tag: one of its tags; rest: an array of its other ones (each once); types: an array of its types (null: all).
-- To be inlined into the statement that calls it: so no settings.
create function {{schema}}.matching_item(
  item_tag text, rest text, types text, above bigint, up_to bigint, most integer
) returns table ("position" bigint) language sql stable
as $reprise$
  select t.position from {{schema}}.event_tags t
    where t.tag = item_tag and t.position > above and t.position <= up_to
      and (types is null or t.type = any(types::text[]))
      and (rest = '{}' or (select count(*) from {{schema}}.event_tags o
            where o.tag = any(rest::text[]) and o.position = t.position)
        = cardinality(rest::text[]))
    order by t.position
    limit most
$reprise$;

-- The positions of the events that match queries, up to a position; \`most\` of each item at most, null: all. Per item: the number
-- of its query, the position above which it looks, and the rest as above. An event that matches several items of a query is there
-- once. To be inlined, too.
create function {{schema}}.matching(
  item_queries integer[], item_above bigint[], item_tags text[], item_rests text[], item_types text[],
  up_to bigint, most integer
) returns table (query integer, "position" bigint) language sql stable
as $reprise$
  select distinct i.query, f.position
    from unnest(item_queries, item_above, item_tags, item_rests, item_types) as i(query, above, tag, rest, types)
      cross join lateral {{schema}}.matching_item(i.tag, i.rest, i.types, i.above, up_to, most) f
$reprise$;

-- The events that match a query, above a position: \`most\` of those that no other can precede any more, or all that
-- are left; in any order. Its first row is no event and has no version: its position is the one up to which all have been seen;
-- its data holds the horizon, and whether there are more.
-- known: a horizon, from any time before; null: it is looked for. item_*: see matching. at: see visible.
--
-- The usual case is one item and no more than a page. It sorts nothing: a sort costs as much here as reading ten events.
create function {{schema}}.read_matching(
  above bigint, known bigint, most integer, item_tags text[], item_rests text[], item_types text[], at regclass
) returns table (
  "position" double precision, stream_id text, version integer, id uuid, type text,
  schema_version smallint, recorded_at double precision, data jsonb, metadata jsonb
) language plpgsql
  set plan_cache_mode = force_generic_plan -- these three: see append_together
  set enable_seqscan = off
  set jit = off
as $reprise$
#variable_conflict use_column
declare
  horizon bigint := known;
  items integer := cardinality(item_tags);
  found bigint[];
  base bigint;
  more boolean := false;
  seen integer;
  incomplete boolean;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'what matches a query can be read in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  if horizon is null then
    select v.horizon into horizon from {{schema}}.visible(at) v;
  elsif at <> '{{quoted}}.events'::regclass then
    perform {{schema}}.refuse_other_table(at);
  elsif pg_is_in_recovery() then
    perform {{schema}}.refuse_replica();
  end if;

  -- One snapshot, later than the horizon: what it does not show was not seen, wherever it will stand. A rebuild of tags may begin
  -- or end at any moment: by the same snapshot, how many had begun, and whether one had not ended.
  if items = 1 then
    select s.rebuilds, array(
        select m.position
          from {{schema}}.matching_item(item_tags[1], item_rests[1], item_types[1], above, 9223372036854775807, most + 1) m),
        exists (select from {{schema}}.incomplete_tags(null))
      into seen, found, incomplete from {{schema}}.store s;
  else
    select s.rebuilds, array(
        select m.position
          from {{schema}}.matching(array_fill(1, array[items]), array_fill(above, array[items]), item_tags, item_rests,
            item_types, 9223372036854775807, most + 1) m
          order by m.position limit most + 1),
        exists (select from {{schema}}.incomplete_tags(null))
      into seen, found, incomplete from {{schema}}.store s;
  end if;
  base := greatest(above, horizon);
  if cardinality(found) > most then
    more := found[most + 1] <= horizon;
    if more then
      found := found[1:most];
      base := found[most];
    else -- events whose places may still change are no page: all of them
      select s.rebuilds, array(
          select m.position
            from {{schema}}.matching(array_fill(1, array[items]), array_fill(above, array[items]), item_tags, item_rests,
              item_types, 9223372036854775807, null) m),
          exists (select from {{schema}}.incomplete_tags(null))
        into seen, found, incomplete from {{schema}}.store s;
    end if;
  end if;
  if incomplete then
    perform {{schema}}.refuse_incomplete_tags();
  end if;
  "position" := base;
  data := jsonb_build_object('horizon', horizon, 'more', more, 'rebuilds', seen);
  return next;
  return query
    select e.position::double precision, e.stream_id, e.version, e.id, e.type, e.schema_version,
           floor(date_part('epoch', e.recorded_at) * 1000 + 0.0005), e.data, e.metadata
      from {{schema}}.events e where e.position = any(found); -- one walk through the index, where the positions are close
end
$reprise$;

-- Appends units: of each all of its streams, or nothing. What becomes of one does not depend on the others. No two name
-- the same stream, and what the condition of one asks for no other adds. The arrays run in parallel:
--   stream_ids, expected_versions (0 or more: exactly; -1: any; -2: must exist), units: the streams of all units, each
--     with the number of its unit (1, 2, ...). They come in the same order from every caller (the order of code units),
--     or two calls may deadlock;
--   event_streams, event_places, ids ... metadata: the events, each with the place of its stream among stream_ids
--     (1, 2, ...) and its own place among the events of the stream (1, 2, ...), in the order of the streams;
--   tag_turns, tags: the tags of the events, each with the place of its event among all of them (1, 2, ...);
--   mark_*: commands to remember, each with the place of its stream;
--   condition_units, seen_after, seen_counts, item_*: the conditions: above seen_after so many events match the query
--     (see matching; item_queries are numbers of units), no more and no fewer;
--   lock_names, lock_alone: what to lock until the end of the transaction, shared or alone;
--   at: the table for which the caller takes this. A schema that was renamed has functions that would write to another
--     one.
-- Answers for each unit: every stream that does not fit (1; version: where it is; command_id: 'closed' or 'erased'); or the commands that were handled
-- before (2; version: the one before its events); or that the condition does not hold (3; version: the unit), with the position of the newest event that matches;
-- or, of each event, and of each stream without one, where it was stored (0).
--
-- The order of the steps is what makes it right. Named locks come first, sorted: two calls that wait for each other
-- wait in one order, and who waits has announced nothing. Then the look: LATER statements, whose snapshots see
-- whatever those have committed whom this one has waited for. Then the announcement, then the positions.
-- See docs/adr/0040-several-streams-in-one-append.md, and 0074-units-share-statements.md.
create function {{schema}}.append_together(
  stream_ids text[], expected_versions integer[], units integer[],
  event_streams integer[], event_places integer[],
  ids uuid[], types text[], schema_versions smallint[], data jsonb[], metadata jsonb[],
  mark_streams integer[], mark_command_ids text[], mark_skips integer[], mark_counts integer[],
  mark_fingerprints text[], lock_names text[], lock_alone boolean[],
  tag_turns integer[], tags text[],
  condition_units integer[], seen_after bigint[], seen_counts bigint[], seen_rebuilds integer[],
  item_queries integer[], item_above bigint[], item_tags text[], item_rests text[], item_types text[], at regclass
) returns table (
  stream_id text, outcome integer, version integer, "position" double precision,
  recorded_at double precision, command_id text, event_count integer, fingerprint text
) language plpgsql
  -- A plan for every call would cost more than the call; and no plan made while the table was small may
  -- read all of it later.
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set jit = off -- what must be scanned all the same costs too much by the planner's count: not worth compiling
as $reprise$
#variable_conflict use_column
declare
  moment timestamptz;
  moment_ms double precision;
  latest timestamptz; -- of all last events of the streams
  currents integer[];
  refused integer[] := '{}'; -- the units that have their answer
  more integer[];
  handled {{schema}}.commands[];
  newest bigint[];
  incomplete boolean; -- whether tags are
  adds boolean; -- whether there are events to add
  positions bigint[]; -- of the events, in their order; null: its unit was refused
  broken text;
  is_read_committed boolean := current_setting('transaction_isolation') in ('read committed', 'read uncommitted');
begin
  if at <> '{{quoted}}.events'::regclass then
    perform {{schema}}.refuse_other_table(at);
  end if;
  -- An append to one stream looks at nothing that its insert would not notice.
  if not is_read_committed
    and (cardinality(stream_ids) > 1 or cardinality(lock_names) > 0 or cardinality(condition_units) > 0) then
    raise exception 'several streams can be appended to in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;

  -- The space of two keys: announcements are in that of one.
  if cardinality(lock_names) > 0 then
    -- For refuse_untagged.
    perform set_config('reprise.declared', array_to_string(lock_names, E'\\n'), true);
    perform case when l.alone then pg_advisory_xact_lock(l.space, l.key)
                 else pg_advisory_xact_lock_shared(l.space, l.key) end
      from (
        select (q.tableoid::bigint & 16777215)::integer as space, n.key, n.alone
          from {{schema}}.events_position_seq q,
            (select hashtext(l.name) as key, bool_or(l.alone) as alone
               from unnest(lock_names, lock_alone) as l(name, alone) group by 1) n
          order by n.key offset 0
      ) l;
  end if;

  -- What removes events waits for who has this lock, and has looked: see wait_for_writers.
  lock table {{schema}}.events in row exclusive mode;
  if not is_read_committed then
    perform {{schema}}.hold_removals();
  end if;

  loop
    moment := date_trunc('milliseconds', clock_timestamp());
    moment_ms := round(date_part('epoch', moment) * 1000);

    if cardinality(mark_command_ids) > 0 then
      select array_agg(c order by c.after), array_agg(units[m.stream]) into handled, more
        from unnest(mark_streams, mark_command_ids) as m(stream, command_id)
          join {{schema}}.commands c on c.stream_id = stream_ids[m.stream] and c.command_id = m.command_id
        where units[m.stream] <> all (refused);
      if more is not null then
        return query
          select c.stream_id, 2, c.after, null::double precision, moment_ms, c.command_id, c.event_count, c.fingerprint
            from unnest(handled) as c;
        refused := refused || more;
      end if;
    end if;

    select array_agg(coalesce(l.version, 0) order by s.place), max(l.recorded_at) into currents, latest
      from unnest(stream_ids) with ordinality as s(stream_id, place)
        left join lateral (
          select e.version, e.recorded_at from {{schema}}.events e where e.stream_id = s.stream_id
            order by e.version desc limit 1
        ) l on true;
    -- A server's clock may be set back: no event is recorded before the one before it in its stream.
    if latest > moment then
      moment := date_trunc('milliseconds', latest);
      moment_ms := round(date_part('epoch', moment) * 1000);
    end if;
    return query
      select r.stream_id, 1, r.current, null::double precision, moment_ms,
             case when r.current = 2147483647 then (
               select e.type from {{schema}}.events e where e.stream_id = r.stream_id and e.version = r.current) end,
             null::integer, null::text
        from unnest(stream_ids, expected_versions, currents, units) as r(stream_id, expected, current, unit)
        where (r.current = 2147483647 -- closed or erased: see close_stream and erase_stream
            or not (r.expected in (-1, r.current) or (r.expected = -2 and r.current > 0)))
          and r.unit <> all (refused);
    if found then
      refused := refused || array(
        select r.unit
          from unnest(expected_versions, currents, units) as r(expected, current, unit)
          where r.current = 2147483647 or not (r.expected in (-1, r.current) or (r.expected = -2 and r.current > 0)));
    end if;

    if cardinality(condition_units) > 0 then
      -- A position that was never drawn: the store was restored from a backup, or it is another one.
      select array_agg(c.unit), array_agg(case when c.after > 0 and c.rebuilds <> (select s.rebuilds from {{schema}}.store s)
               then 0 else coalesce(m.newest, 0) end), exists (select from {{schema}}.incomplete_tags(null))
          into more, newest, incomplete
        from unnest(condition_units, seen_after, seen_counts, seen_rebuilds) as c(unit, after, count, rebuilds)
          left join (
            select m.query, count(*) as count, max(m.position) as newest
              from {{schema}}.matching(item_queries, item_above, item_tags, item_rests, item_types,
                9223372036854775807, null) m
              group by m.query
          ) m on m.query = c.unit
        where c.unit <> all (refused)
          and (coalesce(m.count, 0) <> c.count or (c.after > 0 and c.rebuilds <> (select s.rebuilds from {{schema}}.store s))
            or c.after > (
            select case when s.is_called then s.last_value else 0 end from {{schema}}.events_position_seq s));
      if incomplete then -- by the snapshot that the query has gone by: a rebuild of tags may end at any moment
        perform {{schema}}.refuse_incomplete_tags();
      end if;
      if more is not null then
        return query
          select '', 3, b.unit, b.newest::double precision, moment_ms, null::text, null::integer, null::text
            from unnest(more, newest) as b(unit, newest);
        refused := refused || more;
      end if;
    end if;

    if cardinality(refused) > 0 and not exists (select from unnest(units) as u where u <> all (refused)) then
      return;
    end if;

    adds := cardinality(ids) > 0;
    if adds and cardinality(refused) > 0 then
      adds := exists (select from unnest(event_streams) as e where units[e] <> all (refused));
    end if;

    begin
      -- A command without events, too: nothing is stored where the sequence is behind the rows.
      if adds or cardinality(mark_command_ids) > 0 then
        perform {{schema}}.announce(at);
      end if;
      if adds then
        with stored as (
          insert into {{schema}}.events
              (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
            select stream_ids[e.stream], currents[e.stream] + e.place, e.id, e.type, e.schema_version, moment,
                   e.data, e.metadata
              from unnest(event_streams, event_places, ids, types, schema_versions, data, metadata)
                  with ordinality
                  as e(stream, place, id, type, schema_version, data, metadata, turn)
              where units[e.stream] <> all (refused)
              order by e.turn
            on conflict on constraint events_pkey do nothing
            returning position
        )
        select array_agg(s.position order by s.position) into positions from stored s; -- drawn in the events' order
        -- Not left to the insert: an error after a row was written takes a transaction id, and to end that waits for
        -- the disk. Who is slower writes nothing, and is answered at once.
        if positions is null or (cardinality(positions) < cardinality(ids) and cardinality(positions) <
            (select count(*) from unnest(event_streams) as e where units[e] <> all (refused))) then
          raise unique_violation using constraint = 'events_pkey';
        end if;
        if cardinality(refused) > 0 then
          positions := array(
            select case when e.kept then positions[(count(*) filter (where e.kept) over (order by e.turn))::integer] end
              from (select units[e.stream] <> all (refused) as kept, e.turn
                      from unnest(event_streams) with ordinality as e(stream, turn)) e
              order by e.turn);
        end if;
        if cardinality(tags) > 0 then
          insert into {{schema}}.event_tags (tag, position, type)
            select g.tag, positions[g.turn], types[g.turn]
              from unnest(tag_turns, tags) as g(turn, tag)
              where positions[g.turn] is not null
              order by 1, 2;
        end if;
      end if;
      -- After the events, as in every append: two that remember the same command then meet at its stream first.
      if cardinality(mark_command_ids) > 0 then
        insert into {{schema}}.commands (stream_id, command_id, after, event_count, fingerprint)
          select stream_ids[m.stream], m.command_id, currents[m.stream] + m.skip, m.event_count, m.fingerprint
            from unnest(mark_streams, mark_command_ids, mark_skips, mark_counts, mark_fingerprints)
                as m(stream, command_id, skip, event_count, fingerprint)
            where units[m.stream] <> all (refused)
            order by m.stream, m.command_id;
      end if;
      return query
        select stream_ids[e.stream], 0, currents[e.stream] + e.place, positions[e.turn]::double precision, moment_ms,
               null::text, null::integer, null::text
          from unnest(event_streams, event_places) with ordinality as e(stream, place, turn)
          where units[e.stream] <> all (refused)
        union all
        select r.stream_id, 0, r.current, null, moment_ms, null, null, null
          from unnest(stream_ids, currents, units) with ordinality as r(stream_id, current, unit, place)
          where r.unit <> all (refused) and r.place <> all (event_streams);
      return;
    exception when unique_violation then
      -- Another writer was faster since the look: all of it is undone, and the next look says what that means.
      get stacked diagnostics broken = constraint_name;
      if broken !~ '^(events(_p[0-9]+)?|commands)_pkey$' then
        raise;
      end if;
      if not is_read_committed then
        raise exception 'another transaction has written the stream since this one began'
          using errcode = 'serialization_failure';
      end if;
    end;
  end loop;
end
$reprise$;

-- A page of the whole store. Its first row is no event and has no version: its position is the horizon, its
-- data holds the highest visible position, the lineage, and whether events are in partitions. The events follow, none of
-- them beyond the horizon.
-- Null categories, types or tags: all of them. size: how many positions are looked at, null: all. at: see visible.
create function {{schema}}.read_all(
  after bigint, most integer, categories text[], types text[], tags text[], size bigint, at regclass
) returns table (
  "position" double precision, stream_id text, version integer, id uuid, type text,
  schema_version smallint, recorded_at double precision, data jsonb, metadata jsonb
) language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
#variable_conflict use_column
declare
  seen record;
begin
  -- The events must be looked for after the horizon is known; one snapshot for the whole transaction,
  -- taken before, would miss those committed in between.
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'the whole store can be read in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  select * into seen from {{schema}}.visible(at);
  return query select seen.horizon::double precision, null::text, null::integer, null::uuid, null::text,
    null::smallint, null::double precision,
    jsonb_build_object('highest', seen.highest, 'lineage', seen.lineage,
      'partitioned', pg_partition_root(at) is not null), null::jsonb;
  if tags is not null then
    return query
      select e.position::double precision, e.stream_id, e.version, e.id, e.type, e.schema_version,
             floor(date_part('epoch', e.recorded_at) * 1000 + 0.0005), e.data, e.metadata
        from (select distinct t.position from {{schema}}.event_tags t
                where t.tag = any(tags) and t.position > after
                  and t.position <= least(seen.horizon, after + size)) m
          join {{schema}}.events e on e.position = m.position
        where (categories is null or split_part(e.stream_id, '-', 1) = any(categories))
          and (types is null or e.type = any(types))
          and (select {{schema}}.check_tags(categories))
        order by e.position
        limit most;
    perform {{schema}}.check_tags(categories);
    return;
  end if;
  if seen.horizon <= after then
    return; -- nothing is new: no index is looked into, of which partitions have one each
  end if;
  return query
    select e.position::double precision, e.stream_id, e.version, e.id, e.type, e.schema_version,
           floor(date_part('epoch', e.recorded_at) * 1000 + 0.0005), e.data, e.metadata
      from {{schema}}.events e
      where e.position > after and e.position <= least(seen.horizon, after + size)
        and e.schema_version > 0 -- what stands for a stream that was closed or erased is no event
        and (categories is null or split_part(e.stream_id, '-', 1) = any(categories))
        and (types is null or e.type = any(types))
      order by e.position
      limit most;
end
$reprise$;

create table {{schema}}.subscriptions (
  name       text        not null collate "C",
  partitions integer     not null,
  categories text[],     -- the declared filter: what no instance that reads less may pass over. null: all
  types      text[],
  tags       text[],
  created_at timestamptz not null default clock_timestamp(),
  paused_at  timestamptz, -- not null: there are no leases of it until an operator says so
  outdated   jsonb,       -- what the last instance lacked that got no lease because of its filter, and when
  constraint subscriptions_pkey primary key (name),
  constraint subscriptions_partitions_check check (partitions between 1 and 1024)
);

-- Who is alive and works on a subscription. Partitions are shared among them.
create table {{schema}}.instances (
  subscription text        not null collate "C",
  instance     text        not null collate "C",
  leased_until timestamptz not null,
  constraint instances_pkey primary key (subscription, instance),
  constraint instances_subscription_fkey foreign key (subscription)
    references {{schema}}.subscriptions on update cascade on delete cascade
);

-- Everything up to position is done, or held. The token grows with every change of owner; every
-- write carries it, and does nothing if it is not the newest.
create table {{schema}}.checkpoints (
  subscription text        not null collate "C",
  partition    integer     not null,
  position     bigint      not null,
  lineage      text        collate "C", -- of the store in which it was read. null: of any; the owner writes it down
  token        bigint      not null default 0,
  owner        text        collate "C",
  leased_until timestamptz,
  heartbeat_at timestamptz,
  failure      jsonb,      -- not null: it stands still until it is resumed
  busy_since   timestamptz, -- what its owner has reported: on one batch since then
  last_trouble jsonb,       -- a failure, and at which time (milliseconds since 1970)
  takeovers    integer     not null default 0, -- owners in a row that have not given it back
  attempted    text,       -- what was about to be tried, and how often in a row
  attempts     integer     not null default 0,
  constraint checkpoints_pkey primary key (subscription, partition),
  constraint checkpoints_subscription_fkey foreign key (subscription)
    references {{schema}}.subscriptions on update cascade on delete cascade
);

-- Streams that are held back from one event on, because that event could not be handled.
create table {{schema}}.held_streams (
  subscription text        not null collate "C",
  partition    integer     not null,
  stream_id    text        not null collate "C",
  version      integer     not null,
  position     bigint      not null,
  event_id     uuid        not null,
  type         text        not null,
  attempts     integer     not null,
  failure      jsonb       not null,
  held_at      timestamptz not null default clock_timestamp(),
  retry_at     timestamptz, -- null: parked, an operator decides
  decision     text,
  constraint held_streams_pkey primary key (subscription, stream_id),
  constraint held_streams_decision_check check (decision in ('retry', 'skip')),
  constraint held_streams_subscription_fkey foreign key (subscription)
    references {{schema}}.subscriptions on update cascade on delete cascade
);
create index held_streams_partition on {{schema}}.held_streams (subscription, partition);

create table {{schema}}.documents (
  collection text   not null collate "C",
  key        text   not null collate "C",
  revision   bigint not null default 0,
  value      jsonb, -- null: deleted at this revision, so that a stale write does not bring it back
  constraint documents_pkey primary key (collection, key)
);

-- Where documents are in lists: sort_key is made by the library (core/document-index.ts).
create table {{schema}}.document_places (
  collection text not null collate "C",
  key        text not null collate "C",
  index      text not null collate "C",
  sort_key   text not null collate "C",
  constraint document_places_pkey primary key (collection, key, index),
  constraint document_places_document_fkey foreign key (collection, key)
    references {{schema}}.documents on delete cascade
);
create index document_places_order on {{schema}}.document_places (collection, index, sort_key, key);

-- Which build the readers of a projection see. Without a collection: none yet. A change of the builds of a
-- projection locks its row first.
create table {{schema}}.projections (
  name         text        not null collate "C",
  version      integer,
  build        integer,
  collection   text        collate "C",
  activated_at timestamptz,
  constraint projections_pkey primary key (name)
);

-- Every build that was ever begun. The rows stay when the documents are gone: no number is given away twice.
create table {{schema}}.builds (
  projection     text        not null collate "C",
  version        integer     not null,
  build          integer     not null,
  collection     text        not null collate "C", -- of its documents, and the name of its subscription
  state          text        not null default 'building',
  is_shared      boolean     not null,             -- whether other instances may join it
  begun_at       timestamptz not null default clock_timestamp(),
  activated_at   timestamptz,
  kept_until     timestamptz,
  rolled_back_at timestamptz,
  table_schema   text        collate "C", -- the schema that holds its own tables. null: it has documents
  tables         text[],
  views          text        collate "C", -- the schema in which views show them, while it is active. null: none
  constraint builds_pkey primary key (projection, version, build),
  constraint builds_collection_key unique (collection),
  constraint builds_state_check check (state in ('building', 'active', 'kept', 'removing', 'gone')),
  constraint builds_projection_fkey foreign key (projection) references {{schema}}.projections
);

-- Outbox commands, which process managers have issued: due now, or (timers) later.
create table {{schema}}.outbox (
  sequence       bigint      not null generated always as identity,
  process        text        not null collate "C",
  key            text        not null collate "C", -- which one of its processes
  id             text        not null collate "C", -- the command id, the same however often it is sent
  timer          text        collate "C",          -- the name it can be cancelled by; null: a command
  due_at         timestamptz not null,
  command        jsonb       not null,
  metadata       jsonb       not null,
  attempts       integer     not null default 0,
  failure        jsonb,
  parked         boolean     not null default false,
  constraint outbox_pkey primary key (process, id),
  constraint outbox_timer_key unique (process, key, timer)
);
-- How many commands of a process manager were rejected without a compensation.
create table {{schema}}.rejections (
  process  text   not null collate "C",
  rejected bigint not null,
  constraint rejections_pkey primary key (process)
);
create index outbox_due on {{schema}}.outbox (process, due_at, sequence) where not parked;
create index outbox_key on {{schema}}.outbox (process, key, sequence) where timer is null;

-- What operators have done. Written before an action is carried out; without an outcome it is not known how it went.
create table {{schema}}.audit (
  sequence    bigint      not null generated always as identity,
  recorded_at timestamptz not null default clock_timestamp(),
  operator    text        not null collate "C",
  action      text        not null collate "C",
  subject     text        not null collate "C",
  detail      jsonb       not null,
  outcome     text        collate "C",
  message     text,
  constraint audit_pkey primary key (sequence),
  constraint audit_outcome_check check (outcome in ('done', 'failed'))
);

-- What it says stays: only an outcome is added, once. The same is true of the keys that were destroyed.
create function {{schema}}.refuse_rewriting() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  raise exception 'this is kept as it is: % on % is refused', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end
$reprise$;
create trigger audit_is_not_rewritten before update on {{schema}}.audit
  for each row when (old.outcome is not null) execute function {{schema}}.refuse_rewriting();
create trigger audit_is_not_deleted before delete on {{schema}}.audit
  for each row execute function {{schema}}.refuse_rewriting();
create trigger audit_is_not_truncated before truncate on {{schema}}.audit
  for each statement execute function {{schema}}.refuse_rewriting();

-- The keys of subjects of personal data, each wrapped by a master key that the database never sees. Without a key: the subject was
-- forgotten, and never gets another one.
create table {{schema}}.subject_keys (
  subject    text        not null collate "C",
  master_key text        not null collate "C", -- its id
  wrapped    text        collate "C",
  created_at timestamptz not null default clock_timestamp(),
  forgotten  bigint, -- the entry of the audit
  constraint subject_keys_pkey primary key (subject),
  constraint subject_keys_subject_check check (char_length(subject) between 1 and 255),
  constraint subject_keys_forgotten_check check ((wrapped is null) = (forgotten is not null))
);
create trigger subject_keys_stay_forgotten before update on {{schema}}.subject_keys
  for each row when (old.wrapped is null) execute function {{schema}}.refuse_rewriting();
create trigger subject_keys_are_not_deleted before delete on {{schema}}.subject_keys
  for each row execute function {{schema}}.refuse_rewriting();
create trigger subject_keys_are_not_truncated before truncate on {{schema}}.subject_keys
  for each statement execute function {{schema}}.refuse_rewriting();

-- Destroys the key of a subject. Answers the sequence of the entry in the audit; null: it has no key, and nothing was done. Of a
-- subject that was forgotten before, what was answered then. Whatever has states in memory is told at the commit.
-- also_unknown: one without a key is forgotten, too, and gets none any more.
-- Runs as its owner, which the role of an application need not be: see docs/how-to/forget-a-person.md.
create function {{schema}}.forget_subject(of_subject text, by_whom text, why text, also_unknown boolean) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  known record;
  entry bigint;
begin
  perform set_config('lock_timeout', '1s', true);
  perform {{schema}}.hold_map();
  if also_unknown then
    insert into {{schema}}.subject_keys (subject, master_key, wrapped) values (of_subject, '', '') -- no other transaction sees it
      on conflict do nothing;
  end if;
  select k.wrapped, k.forgotten into known
    from {{schema}}.subject_keys k where k.subject = of_subject for update;
  if not found then
    return null;
  end if;
  if known.wrapped is null then
    return known.forgotten;
  end if;
  insert into {{schema}}.audit (operator, action, subject, detail, outcome, message)
    values (by_whom, 'forget', of_subject, jsonb_build_object('why', why, 'role', session_user), 'done', 'forgotten')
    returning sequence into entry;
  update {{schema}}.subject_keys k set wrapped = null, forgotten = entry where k.subject = of_subject;
  perform pg_notify('reprise_forgotten', '');
  return entry;
end
$reprise$;
revoke execute on function {{schema}}.forget_subject(text, text, text, boolean) from public;

-- Where a subscription begins that wants what was recorded since some time.
create index events_recorded_at on {{schema}}.events using brin (recorded_at);

-- Prolongs what an instance has, notes what it reports, and gives it its fair share of what has no owner.
-- Reports: [{ "partition", "busyFor"?, "trouble"? }], or null.
-- A row for each partition that it has now, and for each that stands still; one without a partition if
-- there are none. No instance has a lease of a subscription that is paused. An instance whose filter (\`known\`; null:
-- all) lacks something that was declared gets nothing.
create function {{schema}}.claim(
  wanted_subscription text, wanted_instance text, duration integer, known jsonb, reports jsonb
) returns table (
  partition integer, token double precision, "position" double precision, lineage text, takeovers integer,
  failure jsonb, share integer, outdated jsonb
) language plpgsql as $reprise$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  until timestamptz := moment + duration * interval '1 millisecond';
  fair integer;
  owned integer;
  paused boolean;
  missing jsonb;
begin
  if known is not null then
    select jsonb_strip_nulls(jsonb_build_object(
        'categories', case
          when not known ? 'categories' then null
          when s.categories is null then '"all"'::jsonb
          else (select jsonb_agg(c.name order by c.name) from unnest(s.categories) as c(name)
                where not known->'categories' ? c.name) end,
        'types', case
          when not known ? 'types' then null
          when s.types is null then '"all"'::jsonb
          else (select jsonb_agg(t.name order by t.name) from unnest(s.types) as t(name)
                where not known->'types' ? t.name) end,
        'tags', case
          when not known ? 'tags' then null
          when s.tags is null then '"all"'::jsonb
          else (select jsonb_agg(t.name order by t.name) from unnest(s.tags) as t(name)
                where not known->'tags' ? t.name) end))
      into missing
      from {{schema}}.subscriptions s where s.name = wanted_subscription;
    if missing <> '{}' then
      delete from {{schema}}.instances i
        where i.subscription = wanted_subscription and i.instance = wanted_instance;
      update {{schema}}.subscriptions s
        set outdated = jsonb_build_object(
          'missing', missing, 'at', floor(date_part('epoch', moment) * 1000))
        where s.name = wanted_subscription;
      return query select null::integer, null::double precision, null::double precision,
        null::text, null::integer, null::jsonb, 0, missing;
      return;
    end if;
  end if;

  insert into {{schema}}.instances as i (subscription, instance, leased_until)
    select s.name, wanted_instance, until from {{schema}}.subscriptions s
      where s.name = wanted_subscription
    on conflict on constraint instances_pkey do update set leased_until = until;
  delete from {{schema}}.instances i
    where (i.subscription, i.instance) in (
      select d.subscription, d.instance from {{schema}}.instances d
        where d.subscription = wanted_subscription and d.leased_until < moment
        for update skip locked);
  select ceil(s.partitions::numeric / greatest(1, (
      select count(*) from {{schema}}.instances i where i.subscription = s.name))),
      s.paused_at is not null
    into fair, paused
    from {{schema}}.subscriptions s where s.name = wanted_subscription;

  if not paused then
    update {{schema}}.checkpoints c
      set leased_until = until, heartbeat_at = moment,
          busy_since = moment - (
            select max(r."busyFor") from jsonb_to_recordset(reports) as r(partition integer, "busyFor" double precision)
              where r.partition = c.partition) * interval '1 millisecond',
          last_trouble = coalesce((
            select r.trouble || jsonb_build_object('at', floor(date_part('epoch', moment) * 1000))
              from jsonb_to_recordset(reports) as r(partition integer, trouble jsonb)
              where r.partition = c.partition and jsonb_typeof(r.trouble) = 'object' limit 1), c.last_trouble)
      where c.subscription = wanted_subscription and c.owner = wanted_instance;
    get diagnostics owned = row_count;

    if owned < fair then
      -- A row that is locked is being written to by its owner: not now. What an owner has not given back was
      -- lost in a crash, maybe: the next owner has to know.
      update {{schema}}.checkpoints c
        set owner = wanted_instance, token = c.token + 1, leased_until = until, heartbeat_at = moment,
            busy_since = null,
            takeovers = case when c.owner is null then 0 else c.takeovers + 1 end,
            attempted = case when c.owner is null then null else c.attempted end,
            attempts = case when c.owner is null then 0 else c.attempts end
        from (
          select f.partition from {{schema}}.checkpoints f
            where f.subscription = wanted_subscription and f.failure is null
              and (f.owner is null or f.leased_until < moment)
            order by f.partition
            limit fair - owned
            for update skip locked
        ) free
        where c.subscription = wanted_subscription and c.partition = free.partition;
    end if;
  end if;

  return query
    select c.partition, c.token::double precision, c.position::double precision, c.lineage, c.takeovers,
           c.failure, fair, null::jsonb
      from (select) always
        left join {{schema}}.checkpoints c
          on c.subscription = wanted_subscription
            and ((c.owner = wanted_instance and not paused) or c.failure is not null)
      order by c.partition;
end
$reprise$;

-- Saves a step of the owner with this token, and what becomes of a held stream. False: fenced off, or
-- the checkpoint is not where the owner believes it to be.
create function {{schema}}.advance(
  of_subscription text, of_partition integer, of_token bigint, from_position bigint, to_position bigint,
  held jsonb, retry_after integer, released text, of_lineage text
) returns boolean language plpgsql as $reprise$
begin
  update {{schema}}.checkpoints c set position = to_position, lineage = coalesce(of_lineage, c.lineage)
    where c.subscription = of_subscription and c.partition = of_partition and c.token = of_token
      and c.position = from_position and c.owner is not null and c.failure is null;
  if not found then
    return false;
  end if;
  if held is not null then
    insert into {{schema}}.held_streams as h
        (subscription, partition, stream_id, version, position, event_id, type, attempts, failure,
         retry_at)
      values (of_subscription, of_partition, held->>'streamId', (held->>'version')::integer,
              (held->>'position')::bigint, (held->>'eventId')::uuid, held->>'type',
              (held->>'attempts')::integer, held->'failure',
              clock_timestamp() + retry_after * interval '1 millisecond')
      on conflict on constraint held_streams_pkey do update
        set version = excluded.version, position = excluded.position, event_id = excluded.event_id,
            type = excluded.type, attempts = excluded.attempts, failure = excluded.failure,
            retry_at = excluded.retry_at, decision = null, held_at = clock_timestamp();
  end if;
  if released is not null then
    delete from {{schema}}.held_streams h
      where h.subscription = of_subscription and h.stream_id = released;
  end if;
  return true;
end
$reprise$;

-- Closes a stream: it keeps what it has, and takes no events any more. It leaves two rows among the events, which have no schema version
-- (0), are no events, and know its version and the entry of the audit:
--   one with the highest version that there is. Every append looks at the row of its stream with the highest version, and finds it;
--   one with the version that the next event would have had. A writer that has looked at the stream before meets it.
-- Nobody waits for it but who appends to this stream.
-- Runs as its owner, which the role of an application need not be: see docs/how-to/close-and-archive.md.
--
-- at_version: closes it only there. null: wherever it is.
-- Answers 'closed', the version of the stream and the sequence of the entry in the audit, also of one that was closed before; or why it
-- did nothing: 'empty', 'erased', or 'elsewhere' and the version.
create function {{schema}}.close_stream(
  of_stream text, at_version integer, by_whom text, why text, at regclass,
  out outcome text, out version integer, out entry bigint
) language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  last record;
  known jsonb;
  broken text;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'a stream can be closed in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  perform set_config('lock_timeout', '1s', true);
  perform {{schema}}.hold_map();
  lock table {{schema}}.events in row exclusive mode; -- before it looks: see wait_for_writers
  -- For refuse_untagged: what is inserted here has no tags, and needs none.
  perform set_config('reprise.declared', 'tags of ' || split_part(of_stream, '-', 1), true);
  loop
    select e.version, e.type, e.data into last
      from {{schema}}.events e where e.stream_id = of_stream order by e.version desc limit 1;
    if not found then
      outcome := 'empty';
      return;
    end if;
    if last.version = 2147483647 then
      outcome := case last.type when 'erased' then 'erased' else 'closed' end;
      version := (last.data->>'version')::integer;
      entry := (last.data->>'audit')::bigint;
      return;
    end if;
    version := last.version;
    if at_version <> last.version then
      outcome := 'elsewhere';
      return;
    end if;
    begin
      perform {{schema}}.announce(at);
      insert into {{schema}}.audit (operator, action, subject, detail, outcome, message)
        values (by_whom, 'close', of_stream,
                jsonb_build_object('why', why, 'version', last.version, 'role', session_user),
                'done', 'closed at version ' || last.version)
        returning sequence into entry;
      known := jsonb_build_object('version', last.version, 'audit', entry);
      insert into {{schema}}.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        select of_stream, n.version, gen_random_uuid(), 'closed', 0,
               date_trunc('milliseconds', clock_timestamp()), known, '{}'
          from (select last.version + 1 union select 2147483647) as n(version);
      outcome := 'closed';
      return;
    exception when unique_violation then
      -- Another writer was faster: the next look says where the stream is.
      get stacked diagnostics broken = constraint_name;
      if broken !~ '^events(_p[0-9]+)?_pkey$' then
        raise;
      end if;
    end;
  end loop;
end
$reprise$;
revoke execute on function {{schema}}.close_stream(text, integer, text, text, regclass) from public;

-- The archive: closed streams that were moved out of the events. They are read by their ids, and followed no more. See
-- docs/how-to/close-and-archive.md.
create table {{schema}}.archived_events (
  stream_id      text        not null collate "C",
  version        integer     not null,
  position       bigint      not null,
  id             uuid        not null,
  type           text        not null,
  schema_version smallint    not null,
  recorded_at    timestamptz not null,
  data           jsonb       not null,
  metadata       jsonb       not null,
  tags           text[]      not null, -- sorted, each once
  constraint archived_events_pkey primary key (stream_id, version)
);
create table {{schema}}.archived_streams (
  stream_id     text    not null collate "C",
  events        integer not null,
  checksum      text    not null, -- see archive_checksum
  -- Where the events are in an archive file, and only there. null: they are in archived_events.
  file          text    collate "C",
  start         bigint, -- in bytes
  length        bigint,
  sha256        text,   -- of these bytes
  last_position bigint, -- of its events
  constraint archived_streams_pkey primary key (stream_id),
  constraint archived_streams_place_check check (num_nulls(file, start, length, sha256, last_position) in (0, 5))
);
create trigger archived_events_are_immutable before update or delete on {{schema}}.archived_events
  for each row execute function {{schema}}.refuse_change();
create trigger archived_events_are_not_truncated before truncate on {{schema}}.archived_events
  for each statement execute function {{schema}}.refuse_change();
create trigger archived_streams_are_immutable before update or delete on {{schema}}.archived_streams
  for each row execute function {{schema}}.refuse_change();
create trigger archived_streams_are_not_truncated before truncate on {{schema}}.archived_streams
  for each statement execute function {{schema}}.refuse_change();

-- The SHA-256 of everything that an event is: of the text of a JSON array, for it is the same whatever the settings of a session.
create function {{schema}}.event_checksum(
  version integer, "position" bigint, id uuid, type text, schema_version smallint, recorded_at timestamptz,
  data jsonb, metadata jsonb, tags text[]
) returns bytea language sql immutable
  set search_path = pg_catalog, pg_temp
as $reprise$
  select sha256(convert_to(jsonb_build_array(
    $1, $2, $3, $4, $5, extract(epoch from $6), $7, $8, to_jsonb($9))::text, 'UTF8'))
$reprise$;

-- The SHA-256 of an archived stream: of the checksums of its events, one after another. null: it has none.
create function {{schema}}.archive_checksum(of_stream text) returns text language sql stable
  set search_path = pg_catalog, pg_temp
as $reprise$
  select encode(sha256(string_agg({{schema}}.event_checksum(a.version, a.position, a.id, a.type, a.schema_version, a.recorded_at,
      a.data, a.metadata, a.tags), ''::bytea order by a.version)), 'hex')
    from {{schema}}.archived_events a where a.stream_id = of_stream
$reprise$;

-- Moves closed streams to the archive: their events with their tags. What stands for them stays, and says so; so do the marks of
-- their commands. Their snapshots are deleted. Each is copied, what was copied is compared with what there is, and only then is it
-- deleted; all in one transaction. Runs as its owner: see docs/how-to/close-and-archive.md.
--
-- leave_out_tags: also those whose events have tags.
-- Answers of each, in the order of their ids: 'archived' and the sequence of the entry in the audit, also of one that was archived
-- before; or why not: 'erased', 'open', 'tagged', or 'behind' and the subscriptions that have not handled all of it.
create function {{schema}}.archive_streams(
  of_streams text[], leave_out_tags boolean, by_whom text, why text
) returns table (stream_id text, outcome text, entry bigint, behind text[]) language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
#variable_conflict use_column
declare
  one text;
  mark record;
  last_position bigint;
  late text[];
  movable text[] := '{}';
  tagged text[];
  counted record;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'streams can be archived in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  perform set_config('lock_timeout', '1s', true);
  perform from {{schema}}.removals for update;
  perform {{schema}}.hold_map();
  -- A rebuild of tags could bring some of them back.
  perform from {{schema}}.tagged_categories t
    where t.category in (select split_part(s.id, '-', 1) from unnest(of_streams) as s(id))
    order by t.category for update;
  for one in select s.id from unnest(of_streams) as s(id) order by 1 loop
    select e.type, e.data into mark from {{schema}}.events e
      where e.stream_id = one and e.version = 2147483647 for update;
    if not found then
      return query select one, 'open', null::bigint, null::text[];
    elsif mark.type = 'erased' then
      return query select one, 'erased', null::bigint, null::text[];
    elsif mark.type = 'archived' then
      return query select one, 'archived', (mark.data->>'archive')::bigint, null::text[];
    else
      select max(e.position) into last_position from {{schema}}.events e
        where e.stream_id = one and e.schema_version > 0;
      late := array(
        select c.subscription from {{schema}}.checkpoints c join {{schema}}.subscriptions s on s.name = c.subscription
          where c.position < last_position and (s.categories is null or split_part(one, '-', 1) = any(s.categories))
        union
        select h.subscription from {{schema}}.held_streams h where h.stream_id = one
        order by 1);
      if cardinality(late) > 0 then
        return query select one, 'behind', null::bigint, late;
      else
        movable := movable || one;
      end if;
    end if;
  end loop;

  -- Tags have no index by position: all are looked at, once.
  tagged := array(
    select distinct e.stream_id from {{schema}}.event_tags t join {{schema}}.events e on e.position = t.position
      where e.stream_id = any(movable));
  if cardinality(tagged) > 0 and not leave_out_tags then
    return query select s.id, 'tagged', null::bigint, null::text[] from unnest(tagged) as s(id) order by 1;
    movable := array(select m.id from unnest(movable) as m(id) where m.id <> all (tagged) order by 1);
    tagged := '{}';
  end if;
  if cardinality(movable) = 0 then
    return;
  end if;

  perform {{schema}}.wait_for_writers();
  lock table {{schema}}.snapshots in share row exclusive mode; -- one that is being saved would stay
  insert into {{schema}}.archived_events
      (stream_id, version, position, id, type, schema_version, recorded_at, data, metadata, tags)
    select e.stream_id, e.version, e.position, e.id, e.type, e.schema_version, e.recorded_at, e.data, e.metadata,
           coalesce(t.tags, '{}')
      from {{schema}}.events e
        left join (
          select g.position, array_agg(g.tag order by g.tag) as tags
            from {{schema}}.event_tags g join {{schema}}.events o on o.position = g.position
            where o.stream_id = any(tagged)
            group by g.position
        ) t on t.position = e.position
      where e.stream_id = any(movable) and e.schema_version > 0;
  insert into {{schema}}.archived_streams (stream_id, events, checksum)
    select e.stream_id, count(*), encode(sha256(string_agg({{schema}}.event_checksum(
             e.version, e.position, e.id, e.type, e.schema_version, e.recorded_at, e.data, e.metadata,
             array(select g.tag from {{schema}}.event_tags g
                     where e.stream_id = any(tagged) and g.position = e.position order by g.tag)),
             ''::bytea order by e.version)), 'hex')
      from {{schema}}.events e
      where e.stream_id = any(movable) and e.schema_version > 0
      group by e.stream_id;
  for counted in
    select a.stream_id from {{schema}}.archived_streams a
      where a.stream_id = any(movable) and a.checksum is distinct from {{schema}}.archive_checksum(a.stream_id)
  loop
    raise exception 'the copy of % differs from its events: nothing was moved', counted.stream_id
      using errcode = 'data_corrupted';
  end loop;

  perform set_config('reprise.maintenance', 'on', true);
  if cardinality(tagged) > 0 then
    delete from {{schema}}.event_tags t using {{schema}}.events e
      where e.stream_id = any(tagged) and t.position = e.position;
    update {{schema}}.store set rebuilds = rebuilds + 1;
  end if;
  delete from {{schema}}.events e where e.stream_id = any(movable) and e.schema_version > 0;
  delete from {{schema}}.snapshots s where s.stream_id = any(movable);
  for counted in
    select a.stream_id, a.events, a.checksum from {{schema}}.archived_streams a
      where a.stream_id = any(movable) order by a.stream_id
  loop
    insert into {{schema}}.audit (operator, action, subject, detail, outcome, message)
      values (by_whom, 'archive', counted.stream_id,
              jsonb_build_object('why', why, 'events', counted.events, 'checksum', counted.checksum, 'role', session_user),
              'done', counted.events || ' archived')
      returning sequence into entry;
    update {{schema}}.events e set type = 'archived', data = e.data || jsonb_build_object('archive', entry)
      where e.stream_id = counted.stream_id and e.schema_version = 0;
    return query select counted.stream_id, 'archived', entry, null::text[];
  end loop;
  perform set_config('reprise.maintenance', '', true);
end
$reprise$;
revoke execute on function {{schema}}.archive_streams(text[], boolean, text, text) from public;

-- Archive files: what is in them are the events of archived streams, each stream in a range of its own. See
-- docs/adr/0124-archived-streams-move-to-files.md.
create table {{schema}}.archive_files (
  file    text   not null collate "C", -- its name, without the folder
  lineage text   not null,             -- of the store that has begun it: a copy of the database does not go on with it
  length  bigint not null default 0,   -- no byte before it is given to a writer again
  constraint archive_files_pkey primary key (file)
);
-- Ranges of archive files that hold nothing that counts: a process is writing there; or was, or a stream that was there was erased,
-- and its bytes are to be overwritten.
create table {{schema}}.archive_ranges (
  range    bigint  not null generated always as identity,
  file     text    not null collate "C",
  start    bigint  not null,
  length   bigint  not null,
  streams  text[]  not null, -- in the order in which they are written
  given_up boolean not null default false, -- it cannot be finished any more
  constraint archive_ranges_pkey primary key (range)
);

-- What is written of an archived stream into a file: a line about it, and a line for each event, as an export has them. null: its
-- events are not in archived_events.
create function {{schema}}.archived_content(of_stream text) returns text language sql stable
  set search_path = pg_catalog, pg_temp
as $reprise$
  select '{"reprise":"archived stream","format":1,"streamId":' || to_json(of_stream)::text || ',"events":' || count(*) || E'}\\n'
      || string_agg('{"id":"' || a.id || '","streamId":' || to_json(a.stream_id)::text || ',"version":' || a.version
        || ',"position":' || a.position || ',"recordedAt":' || round(extract(epoch from a.recorded_at) * 1000)::bigint
        || ',"type":' || to_json(a.type)::text || ',"schemaVersion":' || a.schema_version
        || ',"data":' || a.data::text || ',"metadata":' || a.metadata::text
        || case when cardinality(a.tags) = 0 then '' else ',"tags":' || to_json(a.tags)::text end
        || E'}\\n', '' order by a.version)
    from {{schema}}.archived_events a where a.stream_id = of_stream
    having count(*) > 0
$reprise$;

-- Gives a range of an archive file to a process, for some archived streams, with what is to be written there. A process that got one of
-- this file before cannot finish it any more. Runs as its owner: see docs/how-to/close-and-archive.md.
--
-- expects: 'known', if the file is there; 'new', if it is not.
-- most: bytes of one stream; what is larger is left out, as are streams whose events are not in archived_events.
-- Answers 'begun' with the range, where it starts, and each stream with its content, in the order in which they are to be written;
-- or why not: 'empty' (there is nothing to write), 'unknown' (a file that is there and is none of this store), 'lost' (it is not there
-- and should be), 'elsewhere' (a store of another lineage has begun it).
create function {{schema}}.begin_archive_range(of_file text, of_streams text[], expects text, most bigint)
returns table (outcome text, range bigint, start bigint, stream_id text, content text) language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
#variable_conflict use_column
declare
  own text := (select s.lineage::text from {{schema}}.store s);
  known record;
  one text;
  text_of_one text;
  ids text[] := '{}';
  contents text[] := '{}';
  total bigint := 0;
  size bigint;
  given bigint;
begin
  perform set_config('lock_timeout', '1s', true);
  perform {{schema}}.hold_map();
  if expects = 'new' then
    insert into {{schema}}.archive_files (file, lineage) values (of_file, own) on conflict do nothing;
  end if;
  select f.lineage, f.length into known from {{schema}}.archive_files f where f.file = of_file for update;
  if not found then
    return query select 'unknown', null::bigint, null::bigint, null::text, null::text;
    return;
  elsif known.lineage <> own then
    return query select 'elsewhere', null::bigint, null::bigint, null::text, null::text;
    return;
  elsif expects = 'new' and exists (select from {{schema}}.archived_streams a where a.file = of_file) then
    return query select 'lost', null::bigint, null::bigint, null::text, null::text;
    return;
  end if;
  update {{schema}}.archive_ranges r set given_up = true where r.file = of_file and not r.given_up;
  for one in
    select a.stream_id from {{schema}}.archived_streams a
      where a.stream_id = any(of_streams) and a.file is null order by a.stream_id for update
  loop
    text_of_one := {{schema}}.archived_content(one);
    size := octet_length(convert_to(text_of_one, 'UTF8'));
    if size <= most then
      ids := ids || one;
      contents := contents || text_of_one;
      total := total + size;
    end if;
  end loop;
  if total = 0 then
    return query select 'empty', null::bigint, null::bigint, null::text, null::text;
    return;
  end if;
  insert into {{schema}}.archive_ranges (file, start, length, streams) values (of_file, known.length, total, ids)
    returning range into given;
  update {{schema}}.archive_files f set length = f.length + total where f.file = of_file;
  return query
    select 'begun', given, known.length, c.id, c.content
      from unnest(ids, contents) with ordinality as c(id, content, place) order by c.place;
end
$reprise$;
revoke execute on function {{schema}}.begin_archive_range(text, text[], text, bigint) from public;

-- Moves the streams of a range out of archived_events, once they are in the file: all of them, or none. What was read from the file
-- must be what is there. Runs as its owner: see docs/how-to/close-and-archive.md.
--
-- sums: the SHA-256 of the bytes of each stream, in the order of the range, as they were read from the file.
-- Answers 'moved' and each stream; or why nothing was done: 'given up', 'differs'.
create function {{schema}}.finish_archive_range(of_range bigint, sums text[], by_whom text, why text)
returns table (outcome text, stream_id text) language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
#variable_conflict use_column
declare
  known record;
  one record;
  is_known boolean;
  sum_known text;
  content bytea;
  starts bigint[] := '{}';
  lengths bigint[] := '{}';
  next_start bigint;
begin
  perform set_config('lock_timeout', '1s', true);
  perform {{schema}}.hold_map();
  select r.file, r.start, r.length, r.streams, r.given_up into known
    from {{schema}}.archive_ranges r where r.range = of_range for update;
  if not found or known.given_up then
    return query select 'given up', null::text;
    return;
  end if;
  next_start := known.start;
  for one in
    select s.id, s.place from unnest(known.streams) with ordinality as s(id, place) order by s.place
  loop
    select true, a.checksum into is_known, sum_known
      from {{schema}}.archived_streams a where a.stream_id = one.id and a.file is null for update;
    if is_known is null then
      return query select 'given up', null::text;
      return;
    end if;
    if sum_known is distinct from {{schema}}.archive_checksum(one.id) then
      raise exception 'the events of % are not what was archived: nothing was moved', one.id using errcode = 'data_corrupted';
    end if;
    content := convert_to({{schema}}.archived_content(one.id), 'UTF8');
    if encode(sha256(content), 'hex') is distinct from sums[one.place] then
      return query select 'differs', null::text;
      return;
    end if;
    starts := starts || next_start;
    lengths := lengths || octet_length(content)::bigint;
    next_start := next_start + octet_length(content);
  end loop;
  if next_start <> known.start + known.length then
    return query select 'differs', null::text;
    return;
  end if;

  perform set_config('reprise.maintenance', 'on', true);
  update {{schema}}.archived_streams a
    set file = known.file, start = w.start, length = w.length, sha256 = w.sum,
        last_position = (select max(e.position) from {{schema}}.archived_events e where e.stream_id = a.stream_id)
    from unnest(known.streams, starts, lengths, sums) as w(id, start, length, sum)
    where a.stream_id = w.id;
  delete from {{schema}}.archived_events e where e.stream_id = any(known.streams);
  perform set_config('reprise.maintenance', '', true);
  delete from {{schema}}.archive_ranges r where r.range = of_range;
  for one in
    select a.stream_id as id, a.events, a.start, a.length, a.sha256 from {{schema}}.archived_streams a
      where a.stream_id = any(known.streams) order by a.start
  loop
    insert into {{schema}}.audit (operator, action, subject, detail, outcome, message)
      values (by_whom, 'move to file', one.id,
              jsonb_build_object('why', why, 'events', one.events, 'file', known.file, 'start', one.start,
                'length', one.length, 'sha256', one.sha256, 'role', session_user),
              'done', one.events || ' moved to ' || known.file);
    return query select 'moved', one.id;
  end loop;
end
$reprise$;
revoke execute on function {{schema}}.finish_archive_range(bigint, text[], text, text) from public;

-- Drops a range that was given up, once it was overwritten. Runs as its owner: see docs/how-to/close-and-archive.md.
create function {{schema}}.drop_archive_range(of_range bigint) returns void language sql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
  delete from {{schema}}.archive_ranges r where r.range = of_range and r.given_up
$reprise$;
revoke execute on function {{schema}}.drop_archive_range(bigint) from public;

-- Streams whose beginning was replaced by a summary: see docs/how-to/truncate.md.
create table {{schema}}.truncated_streams (
  stream_id text    not null collate "C",
  up_to     integer not null, -- the version of the summary, which is the first event
  audit     bigint  not null, -- the sequence of the entry
  constraint truncated_streams_pkey primary key (stream_id)
);
create trigger truncated_streams_are_immutable before update or delete on {{schema}}.truncated_streams
  for each row execute function {{schema}}.refuse_change();
create trigger truncated_streams_are_not_truncated before truncate on {{schema}}.truncated_streams
  for each statement execute function {{schema}}.refuse_change();

-- Replaces the events of a stream up to a version by a summary, which takes the version, the position and the time of the last of
-- them. Appends go on meanwhile: no version above is touched. Runs as its owner: see docs/how-to/truncate.md.
-- Answers 'truncated' and the sequence of the entry in the audit, also of one that was truncated there before; or why it did nothing:
-- 'missing' (there is no such event), 'erased', 'archived', 'sealed' (it is in a hash chain), or 'behind' and the subscriptions that
-- have not handled what would go.
create function {{schema}}.truncate_stream(
  of_stream text, last_version integer, summary_id uuid, summary_type text, summary_schema smallint, summary_data jsonb,
  summary_metadata jsonb, summary_tags text[], by_whom text, why text,
  out outcome text, out entry bigint, out behind text[]
) language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  mark record;
  last_position bigint;
  gone bigint[];
  had_tags boolean;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'a stream can be truncated in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  perform set_config('lock_timeout', '1s', true);
  perform from {{schema}}.removals for update;
  perform {{schema}}.hold_map();
  -- A rebuild of tags could bring some of them back.
  perform from {{schema}}.tagged_categories t where t.category = split_part(of_stream, '-', 1) for update;
  select e.type into mark from {{schema}}.events e
    where e.stream_id = of_stream and e.version = 2147483647 for update;
  if mark.type in ('erased', 'archived') then
    outcome := mark.type;
    return;
  end if;
  -- Whoever truncates the same stream waits here.
  select e.position into last_position from {{schema}}.events e
    where e.stream_id = of_stream and e.version = last_version and e.schema_version > 0 for update;
  if not found then
    outcome := 'missing';
    return;
  end if;
  select t.audit into entry from {{schema}}.truncated_streams t
    where t.stream_id = of_stream and t.up_to = last_version;
  if found then
    outcome := 'truncated';
    return;
  end if;
  if exists (select from {{schema}}.chain_heads h where h.stream_id = of_stream) then
    outcome := 'sealed';
    return;
  end if;
  behind := array(
    select c.subscription from {{schema}}.checkpoints c join {{schema}}.subscriptions s on s.name = c.subscription
      where c.position < last_position and (s.categories is null or split_part(of_stream, '-', 1) = any(s.categories))
    union
    select h.subscription from {{schema}}.held_streams h where h.stream_id = of_stream
    order by 1);
  if cardinality(behind) > 0 then
    outcome := 'behind';
    return;
  end if;
  behind := null;

  perform {{schema}}.wait_for_writers();
  lock table {{schema}}.snapshots in share row exclusive mode; -- one that is being saved would stay
  gone := array(select e.position from {{schema}}.events e where e.stream_id = of_stream and e.version <= last_version);
  perform set_config('reprise.maintenance', 'on', true);
  delete from {{schema}}.event_tags t where t.position = any(gone);
  had_tags := found;
  insert into {{schema}}.event_tags (tag, position, type)
    select t.tag, last_position, summary_type from unnest(summary_tags) as t(tag) order by 1;
  if had_tags or cardinality(summary_tags) > 0 then
    update {{schema}}.store set rebuilds = rebuilds + 1; -- what was seen by tag before says nothing any more
  end if;
  delete from {{schema}}.events e where e.stream_id = of_stream and e.version < last_version;
  update {{schema}}.events e
    set id = summary_id, type = summary_type, schema_version = summary_schema, data = summary_data, metadata = summary_metadata
    where e.stream_id = of_stream and e.version = last_version;
  delete from {{schema}}.snapshots s where s.stream_id = of_stream and s.version < last_version;
  insert into {{schema}}.audit (operator, action, subject, detail, outcome, message)
    values (by_whom, 'truncate', of_stream,
            jsonb_build_object('why', why, 'upTo', last_version, 'role', session_user),
            'done', 'truncated up to version ' || last_version)
    returning sequence into entry;
  insert into {{schema}}.truncated_streams as t (stream_id, up_to, audit) values (of_stream, last_version, entry)
    on conflict (stream_id) do update set up_to = excluded.up_to, audit = excluded.audit;
  perform set_config('reprise.maintenance', '', true);
  perform pg_notify('reprise_forgotten', ''); -- states in memory
  outcome := 'truncated';
end
$reprise$;
revoke execute on function {{schema}}.truncate_stream(text, integer, uuid, text, smallint, jsonb, jsonb, text[], text, text) from public;

-- Erases a stream: its events with their tags, the marks of its commands, its snapshots, what is held of it, and the
-- documents that are named. All of it, or nothing. It leaves two rows among the events, which have no schema version (0) and are
-- no events:
--   one with the highest version that there is. Every append and every load looks at the row of its stream with the highest
--     version, and finds it; it has the position of the last event, so none becomes free that was the last one;
--   one with the version that the next event would have had. A writer that has looked at the stream before meets it.
-- Nobody waits for it but who appends to this stream, and who saves a snapshot.
-- Runs as its owner, which the role of an application need not be: see docs/how-to/erase.md.
--
-- collections, keys: of the documents, in parallel; a collection, or a projection: all of its builds.
-- Written down in the audit, in the same transaction; the first of the two rows knows the sequence of the entry, so that an
-- entry that somebody else has written says nothing.
-- Answers that sequence; null: the stream has no events, and nothing was done. Of one that was erased before, what was
-- answered then.
create function {{schema}}.erase_stream(
  of_stream text, by_whom text, why text, collections text[], keys text[], at regclass
) returns bigint language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  known bigint;
  broken text;
  gone bigint[];
  count_gone integer;
  last_version integer;
  filed record;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'a stream can be erased in a READ COMMITTED transaction only, not in %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  perform set_config('lock_timeout', '1s', true);
  perform from {{schema}}.removals for update;
  perform {{schema}}.hold_map();
  -- For refuse_untagged: what is inserted here has no tags, and needs none.
  perform set_config('reprise.declared', 'tags of ' || split_part(of_stream, '-', 1), true);
  -- A process that is writing it into a file cannot finish that.
  update {{schema}}.archive_ranges r set given_up = true where of_stream = any(r.streams) and not r.given_up;
  -- A rebuild of tags could bring some of them back.
  perform from {{schema}}.tagged_categories t where t.category = split_part(of_stream, '-', 1) for update;
  loop
    select (e.data->>'audit')::bigint into known
      from {{schema}}.events e where e.stream_id = of_stream and e.version = 2147483647 and e.type = 'erased';
    if known is not null then
      return known;
    end if;
    select a.file, a.start, a.length, a.events, a.last_position into filed
      from {{schema}}.archived_streams a where a.stream_id = of_stream for update;
    gone := array(
      select e.position from {{schema}}.events e where e.stream_id = of_stream and e.schema_version > 0
      union all
      select a.position from {{schema}}.archived_events a where a.stream_id = of_stream
      union all
      select filed.last_position where filed.file is not null
      order by 1);
    if cardinality(gone) = 0 then
      return null;
    end if;
    count_gone := case when filed.file is null then cardinality(gone) else filed.events end;
    last_version := greatest(
      (select max(e.version) from {{schema}}.events e where e.stream_id = of_stream and e.schema_version > 0),
      (select max(a.version) from {{schema}}.archived_events a where a.stream_id = of_stream),
      (select (e.data->>'version')::integer from {{schema}}.events e
        where e.stream_id = of_stream and e.version = 2147483647 and filed.file is not null));
    -- Of a closed stream: whoever appends has met what stands for it, and waits for the end of this.
    perform set_config('reprise.maintenance', 'on', true);
    delete from {{schema}}.events e where e.stream_id = of_stream and e.schema_version = 0;
    delete from {{schema}}.archived_events a where a.stream_id = of_stream;
    delete from {{schema}}.archived_streams a where a.stream_id = of_stream;
    delete from {{schema}}.truncated_streams t where t.stream_id = of_stream;
    perform set_config('reprise.maintenance', '', true);
    begin
      perform {{schema}}.announce(at);
      insert into {{schema}}.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        values (of_stream, last_version + 1, gen_random_uuid(), 'erased', 0,
                date_trunc('milliseconds', clock_timestamp()), '{}', '{}');
      exit;
    exception when unique_violation then
      -- Another writer was faster: it is erased, too.
      get stacked diagnostics broken = constraint_name;
      if broken !~ '^events(_p[0-9]+)?_pkey$' then
        raise;
      end if;
    end;
  end loop;
  perform {{schema}}.wait_for_writers();
  lock table {{schema}}.snapshots in share row exclusive mode; -- one that is being saved would stay
  perform set_config('reprise.maintenance', 'on', true);
  delete from {{schema}}.event_tags t where t.position = any(gone);
  delete from {{schema}}.events e where e.stream_id = of_stream and e.schema_version > 0;
  delete from {{schema}}.commands c where c.stream_id = of_stream;
  delete from {{schema}}.snapshots s where s.stream_id = of_stream;
  delete from {{schema}}.held_streams h where h.stream_id = of_stream;
  if filed.file is not null then
    insert into {{schema}}.archive_ranges (file, start, length, streams, given_up)
      values (filed.file, filed.start, filed.length, '{}', true);
  end if;
  delete from {{schema}}.documents o -- and with them their places
    using unnest(collections, keys) as d(collection, key)
    where o.key = d.key and (o.collection = d.collection
      or o.collection in (select b.collection from {{schema}}.builds b where b.projection = d.collection));
  insert into {{schema}}.audit (operator, action, subject, detail, outcome, message)
    values (by_whom, 'erase', of_stream,
            jsonb_build_object('why', why, 'events', count_gone, 'role', session_user)
              || case when filed.file is null then '{}'::jsonb
                 else jsonb_build_object('file', filed.file, 'start', filed.start, 'length', filed.length) end,
            'done', count_gone || ' erased')
    returning sequence into known;
  insert into {{schema}}.events
      (position, stream_id, version, id, type, schema_version, recorded_at, data, metadata)
    values (gone[cardinality(gone)], of_stream, 2147483647, gen_random_uuid(), 'erased', 0,
            date_trunc('milliseconds', clock_timestamp()), jsonb_build_object('audit', known), '{}');
  perform set_config('reprise.maintenance', '', true);
  perform pg_notify('reprise_forgotten', ''); -- what is in memory of it
  return known;
end
$reprise$;
revoke execute on function {{schema}}.erase_stream(text, text, text, text[], text[], regclass) from public;

-- A move of the events to partitions by the hash of their streams, from its beginning to its end: one row, or none. See
-- docs/how-to/partition.md, and docs/adr/0118-events-are-partitioned-by-stream.md.
create table {{schema}}.partitioning (
  partitions integer     not null,
  goal       bigint      not null, -- what was there before ends here; what came later was copied when it came
  moved_to   bigint      not null default 0,
  last_batch xid8,                 -- the transaction that has moved the last one
  begun_at   timestamptz not null default clock_timestamp(),
  one        boolean     not null default true,
  constraint partitioning_pkey primary key (one),
  constraint partitioning_one_check check (one)
);

-- While events are moved: copies what is appended. Once for each statement, as the owner, for an application has no right to the copy.
create function {{schema}}.copy_while_moving() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  insert into {{schema}}.events_moving select * from added;
  return null;
end
$reprise$;
revoke execute on function {{schema}}.copy_while_moving() from public; -- or a reader could give it events of its own

-- While events are moved: none is changed or deleted, for the copy would not follow.
create function {{schema}}.refuse_while_moving() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  raise exception 'the events are being moved to partitions: % is refused', tg_op using errcode = 'RP009';
end
$reprise$;

-- The index of the copy that stands for an index of the events.
create function {{schema}}.moving_index(of_index name) returns text language sql immutable
  set search_path = pg_catalog, pg_temp
as $reprise$
  select 'events_moving_' || md5(of_index)
$reprise$;

-- Gives the copy each index of the events that it lacks, but for those of constraints.
create function {{schema}}.copy_indexes() returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  one record;
begin
  for one in
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
      from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = '{{quoted}}.events'::regclass and i.indisvalid
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
        and to_regclass('{{quoted}}.' || {{schema}}.moving_index(c.relname)) is null
  loop
    execute format('create index %I on %s.events_moving %s', {{schema}}.moving_index(one.name), '{{quoted}}',
      substr(one.definition, strpos(one.definition, ' USING ')));
  end loop;
end
$reprise$;

-- What is created until the transaction ends stands in the tablespace of a table.
create function {{schema}}.use_tablespace_of(of_table oid) returns void language sql
  set search_path = pg_catalog, pg_temp
as $reprise$
  select set_config('default_tablespace', coalesce(t.spcname, ''), true)
    from pg_class c left join pg_tablespace t on t.oid = c.reltablespace where c.oid = of_table;
$reprise$;

-- Begins a move of the events to partitions, or goes on with one. Appends wait while the copy is made, for a fifth of a second at
-- most; they go on while events are moved.
-- Answers 'begun'; 'moving', if it was begun before; 'partitioned', if there is nothing left to do; 'otherwise', if events are, or
-- are being, moved to another number of partitions, with that number; or 'blocked': by things that a move could not take along.
create function {{schema}}.begin_partitioning(
  wanted integer, out outcome text, out has integer, out blocking text[]
) language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  old oid;
  owner name;
  one record;
begin
  lock table {{schema}}.partitioning in share row exclusive mode;
  select p.partitions into has from {{schema}}.partitioning p;
  if found then
    outcome := case when has = wanted then 'moving' else 'otherwise' end;
    return;
  end if;
  select c.oid, pg_get_userbyid(c.relowner) into old, owner from pg_class c where c.oid = '{{quoted}}.events'::regclass;
  if (select c.relkind = 'p' from pg_class c where c.oid = old) then
    select count(*) into has from pg_inherits i where i.inhparent = old;
    outcome := case when has = wanted then 'partitioned' else 'otherwise' end;
    return;
  end if;
  blocking := array(
    select 'the foreign key ' || k.conname || ' of ' || k.conrelid::regclass from pg_constraint k where k.confrelid = old
    union all
    select 'the policy ' || p.polname from pg_policy p where p.polrelid = old
    union all
    select 'the publication ' || u.pubname from pg_publication_rel r join pg_publication u on u.oid = r.prpubid
      where r.prrelid = old
    union all
    select 'the table ' || i.inhrelid::regclass || ', which inherits' from pg_inherits i where i.inhparent = old
    union all
    select 'the unique index ' || c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = old and i.indisunique and c.relname not in ('events_pkey', 'events_position_key')
    union all
    select distinct 'the materialized view ' || v.oid::regclass
      from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = old
        and v.relkind = 'm'
    union all
    select distinct 'the function ' || d.objid::regprocedure from pg_depend d
      where d.classid = 'pg_proc'::regclass
        and (d.refclassid = 'pg_class'::regclass and d.refobjid = old
          or d.refclassid = 'pg_type'::regclass and d.refobjid in (
            select t.oid from pg_type t where t.typrelid = old
            union all select t.typarray from pg_type t where t.typrelid = old))
    union all
    select 'the tablespace ' || t.spcname || ', in which ' || current_user || ' may create nothing'
      from pg_class c join pg_tablespace t on t.oid = c.reltablespace
      where c.oid = old and not has_tablespace_privilege(t.oid, 'create')
    order by 1);
  if cardinality(blocking) > 0 then
    outcome := 'blocked';
    return;
  end if;

  perform set_config('lock_timeout', '200ms', true);
  lock table {{schema}}.events in share row exclusive mode; -- granted when all who have written have ended
  perform {{schema}}.use_tablespace_of(old);
  create table {{schema}}.events_moving (
    like {{schema}}.events including all excluding indexes excluding identity,
    constraint events_moving_pkey primary key (stream_id, version)
  ) partition by hash (stream_id);
  for part in 0 .. wanted - 1 loop
    execute format('create table %s.events_p%s partition of %s.events_moving for values with (modulus %s, remainder %s)',
      '{{quoted}}', part, '{{quoted}}', wanted, part);
    -- Of all partitions together an index can be unique with the stream only; positions are, for one sequence gives them.
    execute format('alter table %s.events_p%s add constraint events_p%s_position_key unique (position)',
      '{{quoted}}', part, part);
  end loop;
  perform {{schema}}.copy_indexes();
  for one in
    select c.oid::regclass as name, c.relacl as rights, c.relowner as has_owner
      from pg_class c where c.oid = '{{quoted}}.events_moving'::regclass
        or c.oid in (select i.inhrelid from pg_inherits i where i.inhparent = '{{quoted}}.events_moving'::regclass)
  loop
    if pg_get_userbyid(one.has_owner) <> owner then
      execute format('alter table %s owner to %I', one.name, owner);
    end if;
    -- What default privileges give, for the events may have lost it.
    perform {{schema}}.take_rights(one.name);
  end loop;
  create trigger events_are_copied after insert on {{schema}}.events
    referencing new table as added for each statement execute function {{schema}}.copy_while_moving();
  create trigger events_are_moving before update or delete or truncate on {{schema}}.events
    for each statement execute function {{schema}}.refuse_while_moving();
  insert into {{schema}}.partitioning (partitions, goal)
    select wanted, case when s.is_called then s.last_value else 0 end from {{schema}}.events_position_seq s;
  outcome := 'begun';
  has := wanted;
end
$reprise$;

-- Takes all rights to a table from everyone but its owner.
create function {{schema}}.take_rights(of_table regclass) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  one record;
begin
  for one in
    select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as who
      from pg_class c, aclexplode(c.relacl) a where c.oid = of_table and a.grantee <> c.relowner
  loop
    execute format('revoke all on %s from %s', of_table, one.who);
  end loop;
end
$reprise$;

-- Moves the next events, \`most\` at most: copies them, and counts what was copied. No row: there is no move.
create function {{schema}}.move_events(most integer) returns table (moved_to double precision, goal double precision)
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set enable_seqscan = off
  set jit = off
as $reprise$
#variable_conflict use_column
declare
  known record;
  next bigint;
  counted bigint;
begin
  select p.moved_to, p.goal into known from {{schema}}.partitioning p for update;
  if not found then
    return;
  end if;
  if known.moved_to < known.goal then
    next := coalesce((
      select e.position from {{schema}}.events e where e.position > known.moved_to and e.position <= known.goal
        order by e.position offset most - 1 limit 1), known.goal);
    insert into {{schema}}.events_moving
      select * from {{schema}}.events e where e.position > known.moved_to and e.position <= next
        order by e.position
      on conflict do nothing;
    select (select count(*) from {{schema}}.events e where e.position > known.moved_to and e.position <= next)
         - (select count(*) from {{schema}}.events_moving m where m.position > known.moved_to and m.position <= next)
      into counted;
    if counted <> 0 then
      raise exception 'of the events up to position % not all were copied: % are missing', next, counted
        using errcode = 'data_corrupted';
    end if;
    update {{schema}}.partitioning p set moved_to = next, last_batch = pg_current_xact_id();
    known.moved_to := next;
  end if;
  return query select known.moved_to::double precision, known.goal::double precision;
end
$reprise$;

-- Puts the copy in the place of the events, with their rights, triggers, views and the sequence. All who have read or written in a
-- transaction have ended then: it waits for them for a fifth of a second at most, for others wait behind it.
-- Answers 'finished'; 'none', if there is no move, for another process has finished it; 'moving', if not all were moved; or 'waiting'
-- for the processes of these numbers: they may have a snapshot in which the copy is not whole.
create function {{schema}}.finish_partitioning(out outcome text, out waiting_for integer[]) language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  old constant oid := '{{quoted}}.events'::regclass;
  known record;
  triggers text[];
  views text[];
  storage text; -- parameters for each partition: the table that contains them has none
  columns text[];
  indexes name[];
  one record;
  statement text;
begin
  select * into known from {{schema}}.partitioning p for update;
  if not found then
    outcome := 'none';
    return;
  end if;
  if known.moved_to < known.goal then
    outcome := 'moving';
    return;
  end if;
  waiting_for := array(
    select a.pid from pg_stat_activity a
      where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
        and age(a.backend_xmin) >= age(known.last_batch::xid)
      order by 1);
  if cardinality(waiting_for) > 0 then
    outcome := 'waiting';
    return;
  end if;
  waiting_for := null;

  perform set_config('lock_timeout', '200ms', true);
  lock table {{schema}}.events in access exclusive mode;
  lock table {{schema}}.events_moving in access exclusive mode;
  if (select max(e.position) from {{schema}}.events e) is distinct from (
      select max(m.position) from {{schema}}.events_moving m)
    or not exists (
      select from pg_trigger t where t.tgrelid = old and t.tgname = 'events_are_copied' and t.tgenabled in ('O', 'A')) then
    raise exception 'what was appended while events were moved was not copied' using errcode = 'data_corrupted';
  end if;
  perform {{schema}}.use_tablespace_of(old);
  perform {{schema}}.copy_indexes();
  storage := (
    select string_agg(format('%s = %L', o.option_name, o.option_value), ', ')
      from (
        select option_name, option_value from pg_class c, pg_options_to_table(c.reloptions) where c.oid = old
        union all
        select 'toast.' || option_name, option_value
          from pg_class c join pg_class t on t.oid = c.reltoastrelid, pg_options_to_table(t.reloptions) where c.oid = old
      ) o);
  columns := array(
    select format('alter column %I set statistics %s', a.attname, a.attstattarget)
      from pg_attribute a where a.attrelid = old and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
    union all
    select format('alter column %I set (%s)', a.attname, (
        select string_agg(format('%s = %L', o.option_name, o.option_value), ', ') from pg_options_to_table(a.attoptions) o))
      from pg_attribute a
      where a.attrelid = old and a.attnum > 0 and not a.attisdropped and cardinality(a.attoptions) > 0);
  indexes := array(
    select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = old and to_regclass('{{quoted}}.' || {{schema}}.moving_index(c.relname)) is not null);
  triggers := array(
    select pg_get_triggerdef(t.oid) || case when t.tgenabled = 'O' then '' else format('; alter table %s.events %s trigger %I',
        '{{quoted}}', case t.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, t.tgname) end
      from pg_trigger t
      where t.tgrelid = old and not t.tgisinternal and t.tgname not in ('events_are_copied', 'events_are_moving')
      order by t.tgname);
  views := array(
    select format('create or replace view %s%s as %s', v.oid::regclass,
        coalesce(' with (' || array_to_string(v.reloptions, ', ') || ')', ''), pg_get_viewdef(v.oid))
      from pg_class v
      where v.relkind = 'v' and v.oid in (
        select r.ev_class from pg_depend d join pg_rewrite r on r.oid = d.objid
          where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = old)
      order by v.oid);
  for one in
    select a.privilege_type as kind, a.is_grantable, '' as columns,
           case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as who
      from pg_class c, aclexplode(c.relacl) a where c.oid = old and a.grantee <> c.relowner
    union all
    select a.privilege_type, a.is_grantable, format(' (%I)', t.attname),
           case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
      from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = old and t.attnum > 0
  loop
    execute format('grant %s%s on %s.events_moving to %s%s', one.kind, one.columns, '{{quoted}}', one.who,
      case when one.is_grantable then ' with grant option' else '' end);
  end loop;

  execute format('comment on table %s.events_moving is %L', '{{quoted}}', obj_description(old, 'pg_class'));
  alter sequence {{schema}}.events_position_seq owned by none;
  alter table {{schema}}.events rename to events_before;
  alter table {{schema}}.events_moving rename to events;
  foreach statement in array views loop
    execute statement;
  end loop;
  drop table {{schema}}.events_before;
  alter sequence {{schema}}.events_position_seq owned by {{schema}}.events.position;
  alter table {{schema}}.events rename constraint events_moving_pkey to events_pkey;
  for one in select i.name from unnest(indexes) as i(name) loop
    execute format('alter index %s.%I rename to %I', '{{quoted}}', {{schema}}.moving_index(one.name), one.name);
  end loop;
  foreach statement in array triggers loop
    execute statement;
  end loop;
  for one in
    select i.inhrelid::regclass as name from pg_inherits i where i.inhparent = '{{quoted}}.events'::regclass
  loop
    execute format('create trigger events_are_not_truncated before truncate on %s
      for each statement execute function %s.refuse_change()', one.name, '{{quoted}}');
    if storage is not null then
      execute format('alter table %s set (%s)', one.name, storage);
    end if;
  end loop;
  foreach statement in array columns loop
    for one in select r.relid::regclass as name from pg_partition_tree('{{quoted}}.events') r loop
      execute format('alter table %s %s', one.name, statement);
    end loop;
  end loop;
  delete from {{schema}}.partitioning;
  outcome := 'finished';
end
$reprise$;

-- Another lineage, after a restore: what subscriptions in other places have reached says nothing about this
-- store any more, and they stop. Checkpoints of this schema were restored together with the events, and go on.
create function {{schema}}.new_lineage() returns uuid language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  before uuid;
  fresh uuid := gen_random_uuid();
begin
  select s.lineage into before from {{schema}}.store s for update;
  update {{schema}}.store set lineage = fresh, since = clock_timestamp();
  update {{schema}}.checkpoints c set lineage = fresh::text
    where c.lineage = before::text
      and c.position <= (select coalesce(max(e.position), 0) from {{schema}}.events e);
  return fresh;
end
$reprise$;

-- Of a schema that is one of several shards: where the slots are. No row: it is no shard. See docs/explanation/scale.md.
create table {{schema}}.shard (
  cluster uuid       not null, -- the same in all shards
  shard   smallint   not null, -- which of them this is, from 0
  shards  smallint   not null, -- how many there are
  epoch   integer    not null, -- of the map
  slots   smallint[] not null, -- the shard that each of the 1,024 slots is on
  moving  smallint[] not null, -- slots whose streams take no appends just now
  one     boolean    not null default true,
  constraint shard_pkey primary key (one),
  constraint shard_one_check check (one)
);

-- Refuses a writer that goes by another map than the one that is in force, or means another shard, and holds that still
-- until the writer's transaction ends. stamp: 1,024 times the epoch of its map, and the number of the shard; null: it has none.
create function {{schema}}.check_stamp(stamp integer) returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  its_epoch integer;
  number integer;
begin
  lock table {{schema}}.events in row exclusive mode; -- as every insert takes it: see put_slot_map
  -- A later statement: its snapshot sees the map of whoever this one has waited for.
  select s.epoch, s.shard into its_epoch, number from {{schema}}.shard s;
  if its_epoch * 1024 + number is distinct from stamp then
    raise exception 'this is shard % by the map with the epoch %, and this writer means shard % by that of %',
      coalesce(number::text, 'none'), coalesce(its_epoch::text, 'none'),
      coalesce((stamp % 1024)::text, 'none'), coalesce((stamp / 1024)::text, 'none') using errcode = 'RP007';
  end if;
  return true;
end
$reprise$;

-- For the trigger of a shard, after every insert whose statement has not said that it goes by the map in force. One that has inserted
-- nothing, for its streams have gone on, may not have got as far as saying so: then its transaction has written nothing.
create function {{schema}}.refuse_other_map() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  if pg_current_xact_id_if_assigned() is null then
    return null;
  end if;
  perform {{schema}}.check_stamp(nullif(current_setting('reprise.stamp', true), '')::integer);
  return null;
end
$reprise$;

-- For what an operator does with a stream, or a subject, of a shard: holds the map still until the end of the transaction, and lets
-- what is inserted go by it. Refused while slots of this shard are being moved: the server that gets them would not know of it.
create function {{schema}}.hold_map() returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  held record;
begin
  if not exists (select from {{schema}}.shard) then
    return;
  end if;
  lock table {{schema}}.events in row exclusive mode;
  -- A later statement: see check_stamp.
  select s.epoch, s.shard, exists (select from unnest(s.moving) as m(slot) where s.slots[m.slot + 1] = s.shard) as moving
    into held from {{schema}}.shard s;
  if held.moving then
    raise exception 'slots of shard % are being moved to another one', held.shard using errcode = 'RP008';
  end if;
  perform set_config('reprise.stamp', (held.epoch * 1024 + held.shard)::text, true);
end
$reprise$;

-- Puts a map into force in the place of the one with the epoch replaces (0: this is no shard yet); false: another one is
-- in force. What an append must say stands in the condition of the trigger: so an append that says it costs a comparison, and no
-- call. The lock that a change of the trigger takes is granted when all who have appended by the map before have ended, and
-- who appends from then on meets the new condition. It waits for two seconds at most, for others wait behind it: a vacuum that runs
-- by itself gives way after one.
create function {{schema}}.put_slot_map(
  of_cluster uuid, this smallint, of_shards smallint, new_epoch integer, new_slots smallint[], new_moving smallint[],
  replaces integer
) returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  if replaces = 0 and exists (select from {{schema}}.shard) then
    return false;
  end if;
  perform set_config('lock_timeout', '2s', true);
  lock table {{schema}}.events in share row exclusive mode;
  -- A move into an archive file that was begun by the map before: some of its streams may be on another shard soon.
  update {{schema}}.archive_ranges r set given_up = true where not r.given_up;
  if replaces = 0 then
    insert into {{schema}}.shard (cluster, shard, shards, epoch, slots, moving)
      values (of_cluster, this, of_shards, new_epoch, new_slots, new_moving)
      on conflict do nothing;
  else
    update {{schema}}.shard
      set shard = this, shards = of_shards, epoch = new_epoch, slots = new_slots, moving = new_moving
      where epoch = replaces and cluster = of_cluster;
  end if;
  if not found then
    return false;
  end if;
  execute format(
    'create or replace trigger events_go_by_the_map after insert on %s for each statement
       when (current_setting(''reprise.stamp'', true) is distinct from %L) execute function %s()',
    '{{quoted}}.events'::regclass, (new_epoch * 1024 + this)::text, '{{quoted}}.refuse_other_map'::regproc);
  return true;
end
$reprise$;

-- Deletes streams that are on another shard, with everything that belongs to them, and answers how many: also closed, archived and
-- truncated ones, and what stands for erased ones. Not the one that has the last event of all: positions that subscriptions have
-- reached must not become free. Only where a map is in force and no slot is being moved. Runs as its owner, which the role of an application need not be.
create function {{schema}}.drop_moved(moved text[]) returns integer language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $reprise$
declare
  gone text[];
begin
  perform set_config('lock_timeout', '1s', true);
  if not exists (select from {{schema}}.shard s where cardinality(s.moving) = 0 and s.shards > 1) then
    raise exception 'no streams have moved from here';
  end if;
  gone := array(
    select m from unnest(moved) as m
      where m is distinct from (select e.stream_id from {{schema}}.events e order by e.position desc limit 1));
  perform set_config('reprise.maintenance', 'on', true);
  delete from {{schema}}.event_tags t using {{schema}}.events e
    where e.stream_id = any(gone) and t.position = e.position;
  delete from {{schema}}.events e where e.stream_id = any(gone);
  delete from {{schema}}.commands c where c.stream_id = any(gone);
  delete from {{schema}}.snapshots s where s.stream_id = any(gone);
  delete from {{schema}}.held_streams h where h.stream_id = any(gone);
  delete from {{schema}}.chain_heads c where c.stream_id = any(gone);
  delete from {{schema}}.archived_events a where a.stream_id = any(gone);
  delete from {{schema}}.archived_streams a where a.stream_id = any(gone);
  delete from {{schema}}.truncated_streams t where t.stream_id = any(gone);
  perform set_config('reprise.maintenance', '', true);
  return cardinality(gone);
end
$reprise$;
revoke execute on function {{schema}}.drop_moved(text[]) from public;

-- Locks the builds of a projection until the end of the transaction.
create function {{schema}}.lock_builds(of_projection text) returns void language plpgsql as $reprise$
begin
  insert into {{schema}}.projections (name) values (of_projection)
    on conflict on constraint projections_pkey do nothing;
  perform 1 from {{schema}}.projections p where p.name = of_projection for update;
end
$reprise$;

-- A build with a number that no build of the version had before.
create function {{schema}}.begin_build(of_projection text, of_version integer, shared boolean)
returns table (version integer, build integer, collection text) language plpgsql as $reprise$
#variable_conflict use_column
declare
  number integer;
begin
  perform {{schema}}.lock_builds(of_projection);
  select coalesce(max(b.build), 0) + 1 into number
    from {{schema}}.builds b where b.projection = of_projection and b.version = of_version;
  -- A subscription of that name that no build is known for is left from something else.
  while exists (
    select from {{schema}}.subscriptions s
      where s.name = format('%s@%s.%s', of_projection, of_version, number)
  ) loop
    number := number + 1;
  end loop;
  return query
    insert into {{schema}}.builds as b (projection, version, build, collection, is_shared)
      values (of_projection, of_version, number,
              format('%s@%s.%s', of_projection, of_version, number), shared)
      returning b.version, b.build, b.collection;
end
$reprise$;

-- The build that readers see, if another instance has just finished it; the one that others make at this moment; or a new
-- one that others may join. No row: the newest
-- build of the version that readers saw was rolled back.
create function {{schema}}.join_build(of_projection text, of_version integer, starting integer)
returns table (version integer, build integer, collection text) language plpgsql as $reprise$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
begin
  perform {{schema}}.lock_builds(of_projection);
  if (select b.rolled_back_at is not null from {{schema}}.builds b
        where b.projection = of_projection and b.version = of_version and b.activated_at is not null
        order by b.build desc limit 1) then
    return;
  end if;
  return query
    select b.version, b.build, b.collection from {{schema}}.builds b
      where b.projection = of_projection and b.version = of_version
        and (b.state = 'active' or b.state = 'building' and b.is_shared
          and (b.begun_at > moment - starting * interval '1 millisecond' or exists (
            select from {{schema}}.instances i
              where i.subscription = b.collection and i.leased_until >= moment)))
      order by b.state = 'active' desc, b.build desc limit 1;
  if not found then
    return query select * from {{schema}}.begin_build(of_projection, of_version, true);
  end if;
end
$reprise$;

-- What makes a build incomplete: streams that are held back, and partitions that stand still.
create function {{schema}}.held_of(of_collection text) returns integer language sql stable as $reprise$
  select ((select count(*) from {{schema}}.held_streams h where h.subscription = of_collection)
    + (select count(*) from {{schema}}.checkpoints c
         where c.subscription = of_collection and c.failure is not null))::integer
$reprise$;

-- What a view of a projection is known by: nothing else is ever replaced or dropped.
create function {{schema}}.view_mark(of_projection text) returns text language sql stable as $reprise$
  select format('The active build of %s in the store %s.', of_projection, s.id) from {{schema}}.store s
$reprise$;

-- The view of that name, if it is one of the projection. Anything else of that name is refused.
create function {{schema}}.view_of(of_projection text, in_schema text, of_table text) returns regclass
language plpgsql as $reprise$
declare
  found_there regclass := to_regclass(format('%I.%I', in_schema, of_table));
begin
  if found_there is not null
    and obj_description(found_there, 'pg_class') is distinct from {{schema}}.view_mark(of_projection)
  then
    raise exception using errcode = 'duplicate_table', message = format(
      '%I.%I exists, and is no view of the projection %s', in_schema, of_table, of_projection);
  end if;
  return found_there;
end
$reprise$;

-- Gives a build that is being made a schema for its tables, and binds the transaction to it. null: it has one, or is not
-- being made any more.
create function {{schema}}.begin_tables(of_projection text, of_collection text, of_tables text[], of_views text)
returns text language plpgsql as $reprise$
declare
  new_schema text;
  one text;
begin
  perform {{schema}}.lock_builds(of_projection);
  if not exists (
    select from {{schema}}.builds b
      where b.projection = of_projection and b.collection = of_collection
        and b.state = 'building' and b.table_schema is null
  ) then
    return null;
  end if;
  select format('%s:%s', s.name, of_collection) into new_schema from {{schema}}.store s;
  if octet_length(new_schema) > 63 then
    new_schema := 'reprise:' || md5(new_schema);
  end if;
  execute format('create schema %I', new_schema);
  if of_views is not null then
    if to_regnamespace(quote_ident(of_views)) is null then
      execute format('create schema %I', of_views);
    end if;
    foreach one in array of_tables loop
      perform {{schema}}.view_of(of_projection, of_views, one);
    end loop;
  end if;
  update {{schema}}.builds b set table_schema = new_schema, tables = of_tables, views = of_views
    where b.projection = of_projection and b.collection = of_collection;
  return {{schema}}.use_tables(of_collection);
end
$reprise$;

-- The tables that a build should have, and has not.
create function {{schema}}.missing_tables(of_collection text) returns text[] language sql as $reprise$
  select array(
    select one from unnest(b.tables) one where to_regclass(format('%I.%I', b.table_schema, one)) is null)
  from {{schema}}.builds b where b.collection = of_collection
$reprise$;

-- From now until the end of the transaction names without a schema mean the tables of the build, which is not removed
-- before. null: it has none, or is being removed.
create function {{schema}}.use_tables(of_collection text) returns text language plpgsql as $reprise$
declare
  found_schema text;
begin
  perform pg_advisory_xact_lock_shared(hashtext(of_collection), hashtext('tables'));
  select b.table_schema into found_schema from {{schema}}.builds b
    where b.collection = of_collection and b.state in ('building', 'active', 'kept');
  if found_schema is not null then
    perform set_config('search_path',
      concat_ws(', ', quote_ident(found_schema), nullif(current_setting('search_path'), '')), true);
  end if;
  return found_schema;
end
$reprise$;

-- Lets the views of a projection show the tables of another build. Readers that are at work see what they saw until
-- they have ended; those who wait for them wait half a second at most, then it fails and can be repeated.
create function {{schema}}.show_tables(of_projection text, was text, shown text) returns void
language plpgsql as $reprise$
declare
  one record;
  there regclass;
  rights text[];
  one_right text;
begin
  perform set_config('lock_timeout', '500ms', true);
  for one in
    select b.views, b.table_schema, t.name as "table", b.collection = shown as is_shown
    from {{schema}}.builds b cross join unnest(b.tables) as t(name)
    where b.collection in (was, shown) and b.views is not null
      and (b.collection = shown or (b.views, t.name) not in (
        select n.views, u.name from {{schema}}.builds n cross join unnest(n.tables) as u(name)
        where n.collection = shown and n.views is not null))
    order by 1, 3
  loop
    there := {{schema}}.view_of(of_projection, one.views, one."table");
    if not one.is_shown then
      if there is not null then
        execute format('drop view %I.%I', one.views, one."table");
      end if;
      continue;
    end if;
    begin
      execute format('create or replace view %I.%I as select * from %I.%I',
        one.views, one."table", one.table_schema, one."table");
    exception when invalid_table_definition then
      -- Other columns: a new view, with the rights of the one before.
      rights := array(
        select format('grant %s on %I.%I to %s%s', a.privilege_type, one.views, one."table",
          case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
          case when a.is_grantable then ' with grant option' else '' end)
        from pg_class c cross join aclexplode(c.relacl) a where c.oid = there);
      execute format('drop view %I.%I', one.views, one."table");
      execute format('create view %I.%I as select * from %I.%I',
        one.views, one."table", one.table_schema, one."table");
      foreach one_right in array rights loop
        execute one_right;
      end loop;
    end;
    execute format('comment on view %I.%I is %L',
      one.views, one."table", {{schema}}.view_mark(of_projection));
  end loop;
end
$reprise$;

-- Drops the tables of builds that are not needed any more, unless a transaction still uses them. Their subscriptions
-- are gone since an earlier transaction: nothing is written to them.
create function {{schema}}.drop_tables(of_projection text) returns void language plpgsql as $reprise$
declare
  one record;
begin
  for one in
    select b.collection, b.table_schema from {{schema}}.builds b
    where b.projection = of_projection and b.state = 'removing' and b.table_schema is not null
      and not exists (select from {{schema}}.subscriptions s where s.name = b.collection)
    order by 1
  loop
    if pg_try_advisory_xact_lock(hashtext(one.collection), hashtext('tables')) then
      begin
        perform set_config('lock_timeout', '500ms', true);
        execute format('drop schema if exists %I cascade', one.table_schema);
        update {{schema}}.builds b set state = 'gone' where b.collection = one.collection;
      exception when lock_not_available or deadlock_detected then
        null; -- the next sweep tries again
      end;
    end if;
  end loop;
end
$reprise$;

-- Shows readers a build. They never go back, and never get a build with a hole: what decides is seen at one
-- moment. The very first build is shown at once.
create function {{schema}}.activate_build(
  of_projection text, of_version integer, of_build integer, of_collection text, keep_for double precision
) returns void language plpgsql as $reprise$
declare
  moment timestamptz := clock_timestamp();
  seen record;
begin
  perform {{schema}}.lock_builds(of_projection);
  select p.version, p.build, p.collection into seen
    from {{schema}}.projections p where p.name = of_projection;
  -- One that was not begun here counts as begun.
  insert into {{schema}}.builds (projection, version, build, collection, is_shared)
    values (of_projection, of_version, of_build, of_collection, false)
    on conflict do nothing;
  if seen.collection is not null then
    if (seen.version, seen.build) >= (of_version, of_build) then
      return;
    end if;
    if (select coalesce(min(c.position) filter (where c.subscription = of_collection), 0)
             < coalesce(min(c.position) filter (where c.subscription = seen.collection), 0)
             or {{schema}}.held_of(of_collection) > 0
        from {{schema}}.checkpoints c where c.subscription in (of_collection, seen.collection)) then
      return;
    end if;
  end if;
  update {{schema}}.builds b set state = 'active', activated_at = moment
    where b.projection = of_projection and b.version = of_version and b.build = of_build
      and b.collection = of_collection and b.state = 'building';
  if not found then
    return;
  end if;
  update {{schema}}.builds b
    set state = 'kept', kept_until = moment + keep_for * interval '1 millisecond'
    where b.projection = of_projection and b.version = seen.version and b.build = seen.build;
  update {{schema}}.projections p
    set version = of_version, build = of_build, collection = of_collection, activated_at = moment
    where p.name = of_projection;
  perform {{schema}}.show_tables(of_projection, seen.collection, of_collection);
end
$reprise$;

-- Goes back to the newest build that is kept. No row: there is none, or a certain build is to be left that is not the
-- active one (any more).
create function {{schema}}.roll_back_build(of_projection text, from_version integer, from_build integer)
returns table (version integer, build integer, collection text) language plpgsql as $reprise$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  seen record;
  earlier record;
begin
  perform {{schema}}.lock_builds(of_projection);
  select p.version, p.build, p.collection into seen
    from {{schema}}.projections p where p.name = of_projection;
  if (seen.version, seen.build) <> (from_version, from_build) then
    return;
  end if;
  select b.version, b.build, b.collection into earlier from {{schema}}.builds b
    where b.projection = of_projection and b.state = 'kept'
    order by b.version desc, b.build desc limit 1;
  if not found then
    return;
  end if;
  update {{schema}}.builds b set state = 'removing', rolled_back_at = moment
    where b.projection = of_projection and b.version = seen.version and b.build = seen.build;
  update {{schema}}.builds b set state = 'active', kept_until = null
    where b.projection = of_projection and b.version = earlier.version and b.build = earlier.build;
  update {{schema}}.projections p
    set version = earlier.version, build = earlier.build, collection = earlier.collection,
        activated_at = moment
    where p.name = of_projection;
  perform {{schema}}.show_tables(of_projection, seen.collection, earlier.collection);
  return query values (seen.version, seen.build, seen.collection),
                      (earlier.version, earlier.build, earlier.collection);
end
$reprise$;

-- Removes up to \`portion\` documents of builds that are not needed any more. Their subscriptions go first: what
-- is still written to such a build is rolled back.
create function {{schema}}.sweep_builds(of_projection text, portion integer, abandoned integer)
returns integer language plpgsql as $reprise$
declare
  moment timestamptz := clock_timestamp();
  since timestamptz := moment - abandoned * interval '1 millisecond';
  deleted integer;
begin
  perform {{schema}}.lock_builds(of_projection);
  update {{schema}}.builds b set state = 'removing'
    where b.projection = of_projection
      and (b.state = 'kept' and b.kept_until <= moment
        or b.state = 'building' and b.begun_at < since
          and not exists (select from {{schema}}.instances i
                            where i.subscription = b.collection and i.leased_until >= since)
          and not exists (select from {{schema}}.checkpoints c
                            where c.subscription = b.collection and c.heartbeat_at >= since));
  delete from {{schema}}.subscriptions s using {{schema}}.builds b
    where b.projection = of_projection and b.state = 'removing' and s.name = b.collection;
  delete from {{schema}}.documents d using (
      select o.collection, o.key from {{schema}}.builds b
        join {{schema}}.documents o on o.collection = b.collection
        where b.projection = of_projection and b.state = 'removing'
        limit portion) found
    where d.collection = found.collection and d.key = found.key;
  get diagnostics deleted = row_count;
  if deleted < portion then
    update {{schema}}.builds b set state = 'gone'
      where b.projection = of_projection and b.state = 'removing' and b.table_schema is null;
  end if;
  return deleted;
end
$reprise$;

-- Imports: the archives that were brought in, how far, and the lines that were refused. See docs/how-to/export-and-import.md.
create table {{schema}}.imports (
  archive     text        not null collate "C", -- the SHA-256 of its bytes
  lines       bigint      not null default 0, -- that are done, as are the bytes
  bytes       bigint      not null default 0,
  events      bigint      not null default 0, -- that were stored, as were the commands
  commands    bigint      not null default 0,
  refused     bigint      not null default 0, -- lines
  begun_at    timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint imports_pkey primary key (archive)
);
create table {{schema}}.import_refusals (
  archive text    not null collate "C",
  line    bigint  not null,
  start   bigint  not null, -- of its bytes in the archive
  length  bigint  not null,
  reason  text    not null,
  message text    not null,
  constraint import_refusals_pkey primary key (archive, line),
  constraint import_refusals_archive_fkey foreign key (archive) references {{schema}}.imports on delete cascade
);

-- Begins an import, unless it was begun before. The tags of the categories are complete in the archive: they are declared
-- before the first event comes, or they would count as missing.
create function {{schema}}.begin_import(of_archive text, complete text[]) returns void language plpgsql
  set search_path = pg_catalog, pg_temp
as $reprise$
begin
  insert into {{schema}}.imports (archive) values (of_archive) on conflict do nothing;
  if found then
    perform {{schema}}.declare_tags(c.category) from unnest(complete) as c(category);
  end if;
end
$reprise$;

-- Keeps every other writer of events away until the transaction ends, as soon as those have ended that have begun. Others wait for
-- a tenth of a second at most: then they go first, and it is tried again, for half a minute (lock_not_available). Runs as its owner:
-- a role that may only append may not take this lock.
create function {{schema}}.hold_writers() returns void language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '100ms'
as $reprise$
begin
  for attempt in 1..150 loop
    begin
      lock table {{schema}}.events in share row exclusive mode;
      return;
    exception when lock_not_available then
      if attempt = 150 then
        raise;
      end if;
    end;
    perform pg_sleep(0.1);
  end loop;
end
$reprise$;
revoke execute on function {{schema}}.hold_writers() from public;

-- Prepares to store a part of an archive, in the transaction that goes on to store it. Its locks and announcements are those of
-- append_together, in the same order.
--   stream_ids, bases: streams that get events, and the version that each must be at; lock_names: see append_together;
--   event_count: how many events will be stored; begins_above: whether a stream begins above version 1, with a summary. A writer
--     that finds it empty would take another version, and no key refuse it: so no one else writes meanwhile.
-- Answers 'ready', and the positions of the events; 'changed': a stream is not as the caller has seen it; 'overtaken': the import is
-- not where the caller takes it to be.
create function {{schema}}.prepare_import(
  of_archive text, lines_before bigint, stream_ids text[], bases integer[], lock_names text[], event_count integer,
  begins_above boolean, at regclass, out outcome text, out positions bigint[]
) language plpgsql
  set plan_cache_mode = force_generic_plan -- these three: see append_together
  set enable_seqscan = off
  set jit = off
as $reprise$
begin
  if at <> '{{quoted}}.events'::regclass then
    perform {{schema}}.refuse_other_table(at);
  end if;
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'an import needs a READ COMMITTED transaction, not %',
      upper(current_setting('transaction_isolation')) using errcode = 'RP004';
  end if;
  perform from {{schema}}.imports i
    where i.archive = of_archive and i.lines = lines_before and i.finished_at is null for update;
  if not found then
    outcome := 'overtaken';
    return;
  end if;
  if cardinality(lock_names) > 0 then
    perform set_config('reprise.declared', array_to_string(lock_names, E'\\n'), true);
    perform pg_advisory_xact_lock_shared(l.space, l.key)
      from (
        select distinct (q.tableoid::bigint & 16777215)::integer as space, hashtext(n.name) as key
          from {{schema}}.events_position_seq q, unnest(lock_names) as n(name)
          order by 2 offset 0
      ) l;
  end if;
  if begins_above then
    perform {{schema}}.hold_writers();
  end if;
  -- For finish_import: how many there are before it looks.
  perform set_config('reprise.removals', (select r.count from {{schema}}.removals r)::text, true);
  if exists (
    select from unnest(stream_ids, bases) as s(stream_id, base)
      where s.base <> coalesce((
        select e.version from {{schema}}.events e where e.stream_id = s.stream_id
          order by e.version desc limit 1), 0)
  ) then
    outcome := 'changed';
    return;
  end if;
  if event_count > 0 then
    perform {{schema}}.announce(at);
    positions := array(select nextval('{{quoted}}.events_position_seq') from generate_series(1, event_count));
  end if;
  outcome := 'ready';
end
$reprise$;

-- Stores what belongs to the events of a part of an archive, which are stored with their tags, and how far its import is then. The
-- arrays run in parallel:
--   known_removals: see removals; null: prepare_import has looked whether all streams are as the caller has seen them;
--   undeclared: the categories of the events whose tags may be missing;
--   mark_*: commands that were handled; refused_*: lines that were refused.
-- Answers 'stored'; 'changed': events were removed since, so some streams may be otherwise. Then the caller rolls back.
create function {{schema}}.finish_import(
  of_archive text, event_count integer, lines_after bigint, bytes_after bigint, finished boolean, known_removals bigint,
  undeclared text[],
  mark_stream_ids text[], mark_command_ids text[], mark_afters integer[], mark_counts integer[], mark_fingerprints text[],
  refused_lines bigint[], refused_starts bigint[], refused_lengths bigint[], refused_reasons text[], refused_messages text[]
) returns text language plpgsql
  set plan_cache_mode = force_generic_plan -- these three: see append_together
  set enable_seqscan = off
  set jit = off
as $reprise$
#variable_conflict use_column
begin
  -- After the events were stored. A removal that comes later meets them; one that was under way they have waited for, if it was of the
  -- versions that they take.
  if coalesce(known_removals, current_setting('reprise.removals')::bigint) <> (select r.count from {{schema}}.removals r) then
    return 'changed';
  end if;
  -- The look before needs no right to change them.
  if exists (
    select from {{schema}}.tagged_categories t where t.category = any(undeclared) and t.complete_after is not null
  ) then
    update {{schema}}.tagged_categories t set complete_after = null, rebuilt_to = 0
      where t.category = any(undeclared) and t.complete_after is not null;
  end if;
  if cardinality(mark_command_ids) > 0 then
    insert into {{schema}}.commands (stream_id, command_id, after, event_count, fingerprint)
      select m.* from unnest(mark_stream_ids, mark_command_ids, mark_afters, mark_counts, mark_fingerprints) as m
        order by 1, 2;
  end if;
  if cardinality(refused_lines) > 0 then
    insert into {{schema}}.import_refusals (archive, line, start, length, reason, message)
      select of_archive, r.*
        from unnest(refused_lines, refused_starts, refused_lengths, refused_reasons, refused_messages) as r;
  end if;
  update {{schema}}.imports i
    set lines = lines_after, bytes = bytes_after, events = i.events + event_count,
        commands = i.commands + cardinality(mark_command_ids), refused = i.refused + cardinality(refused_lines),
        finished_at = case when finished then clock_timestamp() end
    where i.archive = of_archive;
  return 'stored';
end
$reprise$;

-- Stores a part of an archive in one statement: for connections that COPY cannot go through. The arrays are those of prepare_import and
-- finish_import, and
--   event_streams, versions, ids ... metadata: the events, each with its stream, in the order in which they get their
--     positions; data and metadata as texts, for to make one JSON value of them all takes three times as long; recorded: milliseconds since 1970-01-01 UTC;
--   tag_turns, tag_types, tags: the tags of the events, each with the place of its event among all of them (1, 2, ...), and its type.
-- Answers 'stored', or as prepare_import and finish_import; 'changed' also for a command. Then nothing was stored.
create function {{schema}}.import_batch(
  of_archive text, lines_before bigint, stream_ids text[], bases integer[], lock_names text[], event_count integer,
  begins_above boolean, at regclass,
  event_streams text[], versions integer[], ids uuid[], types text[], schema_versions smallint[],
  recorded double precision[], data text[], metadata text[],
  tag_turns integer[], tag_types text[], tags text[],
  lines_after bigint, bytes_after bigint, finished boolean, known_removals bigint, undeclared text[],
  mark_stream_ids text[], mark_command_ids text[], mark_afters integer[], mark_counts integer[], mark_fingerprints text[],
  refused_lines bigint[], refused_starts bigint[], refused_lengths bigint[], refused_reasons text[], refused_messages text[]
) returns text language plpgsql
  set plan_cache_mode = force_generic_plan -- these three: see append_together
  set enable_seqscan = off
  set jit = off
as $reprise$
#variable_conflict use_column
declare
  prepared record;
  broken text;
begin
  prepared := {{schema}}.prepare_import(of_archive, lines_before, stream_ids, bases, lock_names, event_count, begins_above, at);
  if prepared.outcome <> 'ready' then
    return prepared.outcome;
  end if;
  insert into {{schema}}.events (position, stream_id, version, id, type, schema_version, recorded_at, data, metadata)
    select e.position, e.stream_id, e.version, e.id, e.type, e.schema_version,
           timestamptz 'epoch' + e.recorded * interval '1 millisecond', e.data::jsonb, e.metadata::jsonb
      from unnest(prepared.positions, event_streams, versions, ids, types, schema_versions, recorded, data, metadata)
          as e(position, stream_id, version, id, type, schema_version, recorded, data, metadata);
  insert into {{schema}}.event_tags (tag, position, type)
    select g.tag, prepared.positions[g.turn], g.type from unnest(tag_turns, tag_types, tags) as g(turn, type, tag)
      order by 1, 2;
  if {{schema}}.finish_import(
    of_archive, event_count, lines_after, bytes_after, finished, known_removals, undeclared,
    mark_stream_ids, mark_command_ids, mark_afters, mark_counts, mark_fingerprints,
    refused_lines, refused_starts, refused_lengths, refused_reasons, refused_messages) = 'changed' then
    raise unique_violation using constraint = 'events_pkey'; -- to undo all of it
  end if;
  return 'stored';
exception when unique_violation then
  get stacked diagnostics broken = constraint_name;
  if broken !~ '^(events(_p[0-9]+)?|commands)_pkey$' then
    raise;
  end if;
  return 'changed';
end
$reprise$;

-- The hash chains of the streams: see docs/how-to/verify.md. No append writes here.
create table {{schema}}.sealing (
  sealed_to bigint  not null default 0, -- every event up to here is in the chain of its stream
  one       boolean not null default true,
  constraint sealing_pkey primary key (one),
  constraint sealing_one_check check (one)
);
insert into {{schema}}.sealing default values;
create table {{schema}}.chain_heads (
  stream_id text    not null collate "C",
  version   integer not null, -- of the last event in the chain
  hash      text    not null, -- of it and, through the hash of the one before, of all that precede it
  constraint chain_heads_pkey primary key (stream_id)
);
` },
]
