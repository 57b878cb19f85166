import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import type {
  BackendSubjectKeys,
  StoredSubjectKey,
  SubjectKeys,
  WrappedSubjectKey,
} from '../../../core/ports/subject-keys'
import { directExecutor } from '../connection/origin'
import {
  type Executor,
  named,
  readRows,
  type TransactionScope,
  withoutPlugins,
  writeRows,
} from '../connection/query'
import { quoteIdentifier } from '../schema/names'

interface KeyRow {
  readonly subject: string
  readonly masterKey: string
  readonly wrapped: string | null
}

const columns = 'subject, master_key as "masterKey", wrapped'

const find = (schema: string): string => `
select ${columns} from ${schema}.subject_keys where subject = any($1::text[])`

// Of two that add a key at once the second waits for the first, and the statement after it sees what is there.
const add = (schema: string): string => `
insert into ${schema}.subject_keys (subject, master_key, wrapped)
select * from unnest($1::text[], $2::text[], $3::text[])
on conflict do nothing`

const page = (schema: string): string => `
select ${columns} from ${schema}.subject_keys
where subject > $1::text and wrapped is not null and master_key <> $3::text
order by subject limit $2::integer`

const rewrap = (schema: string): string => `
update ${schema}.subject_keys set master_key = $3::text, wrapped = $4::text
where subject = $1::text and wrapped = $2::text`

const keyOf = ({ wrapped, ...key }: KeyRow): StoredSubjectKey =>
  wrapped === null ? key : { ...key, wrapped }

const statementsIn = (schema: string) => ({
  find: named('subject_keys', find(schema)),
  add: add(schema),
  page: page(schema),
  rewrap: rewrap(schema),
})

const keysOn = (
  db: Executor,
  scope: TransactionScope,
  statements: ReturnType<typeof statementsIn>,
): SubjectKeys => {
  const found: SubjectKeys['find'] = (subjects) =>
    pipe(
      readRows<KeyRow>(db, statements.find, [subjects]),
      TE.map((rows) => rows.map(keyOf)),
    )
  return {
    find: found,
    add: (keys) => {
      const subjects = keys.map(({ subject }) => subject)
      const parameters = [
        subjects,
        keys.map(({ masterKey }) => masterKey),
        keys.map(({ wrapped }) => wrapped),
      ]
      return pipe(
        writeRows(db, scope, statements.add, parameters),
        TE.flatMap(() => found(subjects)),
      )
    },
    page: ({ after, limit, notWrappedBy }) =>
      readRows<WrappedSubjectKey>(db, statements.page, [after, limit, notWrappedBy]),
    rewrap: (before, after) =>
      pipe(
        writeRows(db, scope, statements.rewrap, [
          before.subject,
          before.wrapped,
          after.masterKey,
          after.wrapped,
        ]),
        TE.map(() => undefined),
      ),
  }
}

/** The keys of subjects, in a table of their own. */
export const postgresSubjectKeys = <Database>(
  db: Kysely<Database>,
  schema: string,
): BackendSubjectKeys<Transaction<Database>> => {
  const statements = statementsIn(quoteIdentifier(schema))
  return {
    ...keysOn(directExecutor(db), 'statement', statements),
    inTransaction: (transaction) => keysOn(withoutPlugins(transaction), 'transaction', statements),
  }
}
