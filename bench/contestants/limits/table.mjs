// The table that the raw limits write to: Reprise's own event table, column for column and index for
// index, and nothing else: no version check, no function, no trigger.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { EVENT_TYPE, initialState, nextData } from '../../domain.mjs'

const TABLE = `create table events (
  position       bigint      not null generated always as identity (cache 1),
  stream_id      text        not null collate "C",
  version        integer     not null,
  id             uuid        not null,
  type           text        not null,
  schema_version smallint    not null,
  recorded_at    timestamptz not null default clock_timestamp(),
  data           jsonb       not null,
  metadata       jsonb       not null,
  primary key (stream_id, version),
  unique (position),
  check (version >= 1)
)`

const BALANCES = 'create table balances (id text primary key, balance bigint not null)'

export const COLUMNS = 'stream_id, version, id, type, schema_version, data, metadata'

export const migrate = async (url) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(TABLE)
  await client.query(BALANCES)
  await client.end()
}

/** Counts versions in memory, as a library with a cache could, and gives the values of the next row. */
export const rows = () => {
  const versions = new Map()
  return (stream) => {
    const number = (versions.get(stream) ?? 0) + 1
    versions.set(stream, number)
    const data = nextData({ ...initialState, deposits: number - 1 })
    return [`account-${stream}`, number, randomUUID(), EVENT_TYPE, 1, JSON.stringify(data), '{}']
  }
}

/** Events in streams of 1,000, as many as were asked for. */
export const preloadSql = (table, count) => {
  const data = JSON.stringify(nextData(initialState)).replace('"number":1,', '')
  return `insert into ${table} (${COLUMNS}, recorded_at)
    select 'preloaded-' || (n / 1000), n % 1000 + 1, gen_random_uuid(), '${EVENT_TYPE}', 1,
      jsonb_build_object('number', n % 1000 + 1) || '${data}'::jsonb, '{}', clock_timestamp()
    from generate_series(0, ${count - 1}) as n`
}

export const preload = async (client, count) => {
  await client.query(preloadSql('events', count))
  await client.query('vacuum analyze events')
}
