/**
 * A filter that grows fences off whoever may have read on without what is new. Its lease stays its own until
 * it runs out, and losing it then is no sign of a crash.
 */
export const register = (schema: string): string => `
with created as (
  insert into ${schema}.subscriptions (name, partitions, categories, types)
  values ($1::text, $2::integer, $4::text[], $5::text[])
  on conflict on constraint subscriptions_pkey do nothing
  returning name
),
started as (
  insert into ${schema}.checkpoints (subscription, partition, position)
  select name, generate_series(0, $2 - 1), $3::bigint from created
),
grown as (
  update ${schema}.subscriptions s
  set categories = case when s.categories is null or $4 is null then null else array(
        select c from unnest(s.categories || $4) c group by c order by c) end,
      types = case when s.types is null or $5 is null then null else array(
        select t from unnest(s.types || $5) t group by t order by t) end
  where s.name = $1
    and ((s.categories is not null and ($4 is null or not $4 <@ s.categories))
      or (s.types is not null and ($5 is null or not $5 <@ s.types)))
  returning s.name
),
fenced as (
  update ${schema}.checkpoints c
  set token = case when grown.name is null then c.token else c.token + 1 end,
      takeovers = case when grown.name is null then c.takeovers else -1 end,
      failure = case when c.failure->'undecodable' = 'true' then null else c.failure end
  from (select $1 as subscription) s left join grown on true
  where c.subscription = s.subscription
    and (grown.name is not null or c.failure->'undecodable' = 'true')
)
select partitions from ${schema}.subscriptions where name = $1
union all
select $2 from created`
