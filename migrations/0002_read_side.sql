-- Subscriptions, read models, and what process managers have asked for.
--
-- {{schema}} stands for the quoted name of the schema. Once released, this file is never edited: add the
-- next one. All times are the database's: a process whose clock is wrong cannot keep a lease.

create table {{schema}}.subscriptions (
  name       text        not null collate "C",
  partitions integer     not null,
  categories text[],     -- the declared filter: what no instance that reads less may pass over. null: all
  types      text[],
  created_at timestamptz not null default clock_timestamp(),
  paused_at  timestamptz, -- not null: there are no leases of it until an operator says so
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

-- Everything up to position is done, or held back. The token grows with every change of owner; whoever
-- writes names it, and writes nothing if it is not the newest.
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

-- Which build the readers of a projection see.
create table {{schema}}.projections (
  name         text        not null collate "C",
  version      integer     not null,
  build        integer     not null,
  collection   text        not null collate "C",
  activated_at timestamptz not null default clock_timestamp(),
  constraint projections_pkey primary key (name)
);

-- Commands that process managers have asked for: due now, or (timers) later.
create table {{schema}}.requests (
  sequence       bigint      not null generated always as identity,
  process        text        not null collate "C",
  key            text        not null collate "C", -- which one of its processes
  id             text        not null collate "C", -- the command's id, whenever and by whomever it is sent
  timer          text        collate "C",          -- the name it can be cancelled by; null: a command
  due_at         timestamptz not null,
  command        jsonb       not null,
  metadata       jsonb       not null,
  attempts       integer     not null default 0,
  failure        jsonb,
  parked         boolean     not null default false,
  constraint requests_pkey primary key (process, id),
  constraint requests_timer_key unique (process, key, timer)
);
-- Rejections for which a process manager has asked for nothing instead.
create table {{schema}}.rejections (
  process  text   not null collate "C",
  rejected bigint not null,
  constraint rejections_pkey primary key (process)
);
create index requests_due on {{schema}}.requests (process, due_at, sequence) where not parked;
create index requests_key on {{schema}}.requests (process, key, sequence) where timer is null;

-- Where a subscription begins that wants what was recorded since some time.
create index events_recorded_at on {{schema}}.events using brin (recorded_at);

-- Prolongs what an instance has, notes what it reports, and gives it its fair share of what has no owner.
-- Reports: [{ "partition", "busyFor"?, "trouble"? }], or null.
-- A row for each partition that it has now, and for each that stands still; one without a partition if
-- there are none. Nobody has a lease of a subscription that is paused. An instance whose filter (`known`; null:
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
                where not known->'types' ? t.name) end))
      into missing
      from {{schema}}.subscriptions s where s.name = wanted_subscription;
    if missing <> '{}' then
      delete from {{schema}}.instances i
        where i.subscription = wanted_subscription and i.instance = wanted_instance;
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
      -- lost in a crash, maybe: the next one is told.
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
