import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { keyRefusal, listRefusal, storableCopies } from '../../../core/document-key'
import type { Json } from '../../../core/json'
import type {
  ReadModelDocument,
  OfVersion,
  ProjectionBuild,
  Projections,
} from '../../../core/ports/projection-store'
import { named, type Executor, readRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { listed, listParameters, listStatements } from './lists'

// The active build, and the one that readers of a version see: the active one or, when that is of another version,
// the newest one that is kept. No row: the projection never had a build.
export const seenOf = (schema: string): string => `
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

const targetOf = (schema: string): string => `
with ${seenOf(schema)},
target as materialized (
  select case when exists (select from seen) then (select collection from seen) else $1 end
    as collection
)`

// One statement: the build must not be removed between being found and being read.
const ofVersion = (schema: string, documents: string): string => `${targetOf(schema)}
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

// Every row says which build was found; without documents there is one row.
const listOfVersion = (schema: string) => (kind: Parameters<typeof listed>[3]) =>
  `${targetOf(schema)}
select found.*, seen.*
from (select) always left join seen on true
  left join (${listed(schema, '(select collection from target)', 3, kind)}) found on true
order by found."sortKey" ${kind.order === 'ascending' ? 'asc' : 'desc'}, found.key ${kind.order === 'ascending' ? 'asc' : 'desc'}`

const getManyOfVersion = (schema: string): string =>
  ofVersion(schema, 'd.key = any((select $3::text[])::text[])')

const allOfVersion = (schema: string): string =>
  ofVersion(
    schema,
    `d.key > $3::text and ($5::text is null or d.value @> $5::text::jsonb)
  order by d.key
  limit $4::integer`,
  )

/** The active build, and the one that readers of a version see. */
export interface SeenRow {
  readonly active_version: number | null
  readonly active_build: number
  readonly active_collection: string
  readonly version: number | null
  readonly build: number
  readonly collection: string
}

/** The build that was found, or which one is active instead; `undefined`: the projection never had a build. */
export const seenBuild = (
  seen: SeenRow,
):
  | { readonly _tag: 'Found'; readonly build: ProjectionBuild }
  | { readonly _tag: 'NoBuild'; readonly active: ProjectionBuild }
  | undefined => {
  const { active_version: version, active_build: build, active_collection: collection } = seen
  if (version === null) return undefined
  return seen.version === null
    ? { _tag: 'NoBuild', active: { version, build, collection } }
    : {
        _tag: 'Found',
        build: { version: seen.version, build: seen.build, collection: seen.collection },
      }
}

/** The first row says which build was found; each of the others is a document. */
interface OfVersionRow extends SeenRow {
  readonly key: string | null
  readonly value: Json
  readonly revision: number
}

interface ListedRow extends OfVersionRow {
  readonly sortKey: string
}

const toOfVersion = (
  rows: ReadonlyArray<OfVersionRow>,
): OfVersion<ReadonlyArray<ReadModelDocument>> => {
  const [seen, ...found] = rows
  const documents = found.map(({ key, value, revision }) => ({ key: key ?? '', value, revision }))
  const build = seen === undefined ? undefined : seenBuild(seen)
  if (build === undefined) return { _tag: 'Found', found: documents }
  return build._tag === 'NoBuild' ? build : { ...build, found: documents }
}

/** Reads of the documents of one version of a projection. */
export const versionReads = (
  db: Executor,
  schema: string,
): Pick<Projections<never>, 'getManyOfVersion' | 'allOfVersion' | 'listOfVersion'> => {
  const name = quoteIdentifier(schema)
  const some = named('documents_of_version', getManyOfVersion(name))
  const all = named('collection_of_version', allOfVersion(name))
  const list = listStatements('list_of_version', listOfVersion(name))
  return {
    listOfVersion: (projection, version, range) => {
      const refused = listRefusal(range)
      if (refused !== undefined) return TE.left(refused)
      const parameters = [projection, version, ...listParameters(range)]
      return pipe(
        readRows<ListedRow>(db, list(range), parameters),
        TE.map((rows) => {
          const [seen] = rows
          const build = seen === undefined ? undefined : seenBuild(seen)
          if (build?._tag === 'NoBuild') return build
          const documents = rows.flatMap(({ key, value, revision, sortKey }) =>
            key === null ? [] : { key, value, revision, sortKey },
          )
          const found = { documents, more: documents.length === range.limit }
          return { ...(build ?? { _tag: 'Found' }), found }
        }),
      )
    },
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
