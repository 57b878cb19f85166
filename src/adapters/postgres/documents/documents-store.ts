import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { keyRefusal, listRefusal, storableCopies } from '../../../core/document-key'
import type { StoreFailed } from '../../../core/errors/store'
import type { Json } from '../../../core/json'
import type {
  ListPlace,
  ReadModelDocument,
  Projections,
  TransactionDocuments,
} from '../../../core/ports/projection-store'
import { directExecutor } from '../connection/origin'
import {
  named,
  type Executor,
  readRows,
  type TransactionScope,
  withoutPlugins,
  writeRows,
} from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { postgresBuilds } from './builds'
import { listed, listParameters, listStatements } from './lists'
import { ownTables } from './own-tables'
import { versionReads } from './version-reads'

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

// Arrays come through subqueries: see append/append-statements.ts.
// A document that was ever guarded keeps its revision when it is deleted, so that a stale write does not bring it back.
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
  returning d.key
),
unplaced as (
  delete from ${schema}.document_places p using emptied
  where p.collection = $1 and p.key = emptied.key
)
insert into ${schema}.documents as d (collection, key, value)
select $1, key, value::jsonb from given
where value is not null
order by key
on conflict on constraint documents_pkey do update set value = excluded.value`

// The same, with the places of the documents in lists.
const writePlaced = (schema: string): string =>
  write(schema).replace(
    `
insert into ${schema}.documents`,
    `,
placed as (
  insert into ${schema}.document_places as p (collection, key, index, sort_key)
  select $1, w.key, w.index, w.sort_key
  from unnest((select $4::text[]), (select $5::text[]), (select $6::text[])) as w(key, index, sort_key)
  order by w.key
  on conflict on constraint document_places_pkey do update set sort_key = excluded.sort_key
    where p.sort_key <> excluded.sort_key
)
insert into ${schema}.documents`,
  )

const putIfNewer = (schema: string): string => `
with unplaced as (
  delete from ${schema}.document_places p
  where p.collection = $1::text and p.key = $2::text and $3::text is null
    and not exists (select from ${schema}.documents d
                    where d.collection = $1 and d.key = $2 and d.revision >= $4::bigint)
)
insert into ${schema}.documents as d (collection, key, value, revision)
values ($1::text, $2::text, $3::text::jsonb, $4::bigint)
on conflict on constraint documents_pkey do update
  set value = excluded.value, revision = excluded.revision
  where d.revision < excluded.revision
returning key`

// Two-part keys: the horizon looks at one-part keys only, so these are never taken for a writer's.
const lock = (): string => `
select pg_advisory_xact_lock(hashtext($1::text), k.hash)
from (select distinct hashtext(key) as hash from unnest($2::text[]) as w(key) order by 1) k`

const clear = (schema: string): string => `
delete from ${schema}.documents d
using (select key from ${schema}.documents where collection = $1::text limit $2::integer) found
where d.collection = $1 and d.key = found.key
returning d.key`

const documentStatements = (schema: string) => {
  const name = quoteIdentifier(schema)
  return {
    some: named('documents', some(name)),
    all: named('collection', all(name)),
    write: named('write_documents', write(name)),
    writePlaced: named('write_placed', writePlaced(name)),
    list: listStatements('list', (range) => listed(name, collectionOf(name), 2, range)),
    putIfNewer: named('put_newer', putIfNewer(name)),
    lock: named('lock_documents', lock()),
    clear: clear(name),
  }
}
type DocumentStatements = ReturnType<typeof documentStatements>

const toText = (value: Json | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value)

const nothing = (): undefined => undefined

/** The answer of the statement, unless one of the keys or values cannot be stored: the same on every store. */
const about = <Answer>(
  keys: ReadonlyArray<string>,
  answer: (texts: ReadonlyArray<string | null>) => TE.TaskEither<StoreFailed, Answer>,
  values: ReadonlyArray<Json | undefined> = [],
): TE.TaskEither<StoreFailed, Answer> => {
  const refused = keyRefusal(keys)
  if (refused !== undefined) return TE.left(refused)
  const copies = storableCopies(values)
  return E.isLeft(copies) ? TE.left(copies.left) : answer(copies.right.map(toText))
}

const documentsOn = (
  db: Executor,
  scope: TransactionScope,
  statements: DocumentStatements,
): TransactionDocuments => {
  const getMany: TransactionDocuments['getMany'] = (collection, keys) =>
    about(keys, () => readRows<ReadModelDocument>(db, statements.some, [collection, keys]))
  const write: TransactionDocuments['write'] = (collection, writes) => {
    if (writes.length === 0) return TE.right(undefined)
    const keys = writes.map(({ key }) => key)
    const placed = storableCopies(writes.map(({ places }) => places))
    if (E.isLeft(placed)) return TE.left(placed.left)
    const places = writes.flatMap(({ key, value }, at) =>
      value === undefined
        ? []
        : Object.entries(placed.right[at] ?? {}).map(([index, sortKey]) => ({
            key,
            index,
            sortKey,
          })),
    )
    return about(
      keys,
      (texts) =>
        pipe(
          places.length === 0
            ? writeRows(db, scope, statements.write, [collection, keys, texts])
            : writeRows(db, scope, statements.writePlaced, [
                collection,
                keys,
                texts,
                places.map(({ key }) => key),
                places.map(({ index }) => index),
                places.map(({ sortKey }) => sortKey),
              ]),
          TE.map(nothing),
        ),
      writes.map(({ value }) => value),
    )
  }
  return {
    getMany,
    write,
    get: (collection, key) =>
      pipe(
        getMany(collection, [key]),
        TE.map(([document]) => document),
      ),
    all: (collection, { after, limit, where }) =>
      about(
        [],
        ([text]) =>
          pipe(
            readRows<ReadModelDocument>(db, statements.all, [collection, after, limit, text]),
            TE.map((documents) => ({ documents, more: documents.length === limit })),
          ),
        [where],
      ),
    list: (collection, range) => {
      const refused = listRefusal(range)
      if (refused !== undefined) return TE.left(refused)
      const parameters = [collection, ...listParameters(range)]
      return pipe(
        readRows<ReadModelDocument & ListPlace>(db, statements.list(range), parameters),
        TE.map((documents) => ({ documents, more: documents.length === range.limit })),
      )
    },
    put: (collection, key, value) => write(collection, [{ key, value }]),
    delete: (collection, key) => write(collection, [{ key }]),
    putIfNewer: (collection, key, value, revision) =>
      about(
        [key],
        ([text]) =>
          pipe(
            writeRows(db, scope, statements.putIfNewer, [collection, key, text, revision]),
            TE.map((rows) => rows.length > 0),
          ),
        [value],
      ),
    lock: (collection, keys) =>
      about(keys, () => pipe(readRows(db, statements.lock, [collection, keys]), TE.map(nothing))),
  }
}

/**
 * Read models as documents in PostgreSQL, and the builds of projections.
 *
 * @param idleTimeout - of transactions that work on tables. Milliseconds.
 */
export const postgresProjections = <Database>(
  db: Kysely<Database>,
  schema: string,
  idleTimeout: number,
): Projections<Transaction<Database>> => {
  const statements = documentStatements(schema)
  const direct = directExecutor(db)
  return {
    ...documentsOn(direct, 'statement', statements),
    inTransaction: (transaction) =>
      documentsOn(withoutPlugins(transaction), 'transaction', statements),
    ...versionReads(direct, schema),
    ...postgresBuilds(direct, schema),
    tables: ownTables(db, schema, idleTimeout),
    clear: (collection, limit) =>
      pipe(
        writeRows(direct, 'statement', statements.clear, [collection, limit]),
        TE.map((rows) => rows.length),
      ),
  }
}
