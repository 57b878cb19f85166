import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { HashChains } from '../../../core/ports/hash-chains'
import type { ChainHead } from '../../../core/transfer/chain'
import { directExecutor } from '../connection/origin'
import { readRows, writeRows } from '../connection/query'
import { DEFAULT_SCHEMA, quoteIdentifier } from '../schema/names'

const heads = (schema: string): string => `
select h.stream_id as "streamId", h.version, h.hash
from unnest($1::text[]) as s(stream_id) join ${schema}.chain_heads h on h.stream_id = s.stream_id`

// No row: another process was faster.
const seal = (schema: string): string => `
with step as (
  update ${schema}.sealing set sealed_to = $2::bigint where sealed_to = $1::bigint returning sealed_to
), stored as (
  insert into ${schema}.chain_heads as h (stream_id, version, hash)
  select n.stream_id, n.version, n.hash
  from step, unnest($3::text[], $4::integer[], $5::text[]) as n(stream_id, version, hash)
  order by n.stream_id
  on conflict (stream_id) do update set version = excluded.version, hash = excluded.hash
)
select sealed_to::double precision from step`

/**
 * The hash chains of the streams in one schema.
 *
 * @example
 * const chains = postgresHashChains(db)
 * const sealedTo = await chains.sealedTo()()
 */
export const postgresHashChains = <Database>(
  db: Kysely<Database>,
  schema: string = DEFAULT_SCHEMA,
): HashChains => {
  const direct = directExecutor(db)
  const quoted = quoteIdentifier(schema)
  return {
    sealedTo: () =>
      pipe(
        readRows<{ readonly position: number }>(
          direct,
          `select sealed_to::double precision as "position" from ${quoted}.sealing`,
          [],
        ),
        TE.map(([row]) => row?.position ?? 0),
      ),
    heads: (streams) => readRows<ChainHead>(direct, heads(quoted), [streams]),
    seal: ({ after, upTo, heads: all }) =>
      pipe(
        writeRows(direct, 'statement', seal(quoted), [
          after,
          upTo,
          all.map(({ streamId }) => streamId),
          all.map(({ version }) => version),
          all.map(({ hash }) => hash),
        ]),
        TE.map((rows) => rows.length > 0),
      ),
  }
}
