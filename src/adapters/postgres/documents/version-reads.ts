import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { keyRefusal, storableCopies } from '../../../core/document-key'
import type { Json } from '../../../core/json'
import type {
  ReadModelDocument,
  OfVersion,
  Projections,
} from '../../../core/ports/projection-store'
import { named } from '../connection/own-statements'
import { type Executor, readRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'

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

const getManyOfVersion = (schema: string): string =>
  ofVersion(schema, 'd.key = any((select $3::text[])::text[])')

const allOfVersion = (schema: string): string =>
  ofVersion(
    schema,
    `d.key > $3::text and ($5::text is null or d.value @> $5::text::jsonb)
  order by d.key
  limit $4::integer`,
  )

/** The first row says which build was found; each of the others is a document. */
interface OfVersionRow {
  readonly key: string | null
  readonly value: Json
  readonly revision: number
  readonly active_version: number | null
  readonly active_build: number
  readonly active_collection: string
  readonly version: number | null
  readonly build: number
  readonly collection: string
}

const toOfVersion = (
  rows: ReadonlyArray<OfVersionRow>,
): OfVersion<ReadonlyArray<ReadModelDocument>> => {
  const [seen, ...found] = rows
  const documents = found.map(({ key, value, revision }) => ({ key: key ?? '', value, revision }))
  if (seen === undefined || seen.active_version === null) return { _tag: 'Found', found: documents }
  const { version, build, collection } = seen
  return version === null
    ? {
        _tag: 'NoBuild',
        active: {
          version: seen.active_version,
          build: seen.active_build,
          collection: seen.active_collection,
        },
      }
    : { _tag: 'Found', build: { version, build, collection }, found: documents }
}

/** Reads of the documents of one version of a projection. */
export const versionReads = (
  db: Executor,
  schema: string,
): Pick<Projections<never>, 'getManyOfVersion' | 'allOfVersion'> => {
  const name = quoteIdentifier(schema)
  const some = named('documents_of_version', getManyOfVersion(name))
  const all = named('collection_of_version', allOfVersion(name))
  return {
    getManyOfVersion: (projection, version, keys) => {
      const refused = keyRefusal(keys)
      return refused === undefined
        ? pipe(readRows<OfVersionRow>(db, some, [projection, version, keys]), TE.map(toOfVersion))
        : TE.left(refused)
    },
    allOfVersion: (projection, version, { after, limit, where }) => {
      const copies = storableCopies([where])
      if (E.isLeft(copies)) return TE.left(copies.left)
      const [copy] = copies.right
      return pipe(
        readRows<OfVersionRow>(db, all, [
          projection,
          version,
          after,
          limit,
          copy === undefined ? null : JSON.stringify(copy),
        ]),
        TE.map((rows) => {
          const answer = toOfVersion(rows)
          if (answer._tag === 'NoBuild') return answer
          const { found: documents, ...build } = answer
          return { ...build, found: { documents, more: documents.length === limit } }
        }),
      )
    },
  }
}
