import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely } from 'kysely'
import { toStoreFailed } from '../../adapters/postgres/connection/errors'
import { migrate, planMigration } from '../../adapters/postgres/schema/migrate'
import { postgresStore } from '../../adapters/postgres/postgres-store'
import type { Session } from '../session'

/** What is the same for every kind of database. */
export const sessionOn = (
  db: Kysely<unknown>,
  rest: Pick<Session, 'place' | 'schema' | 'kind' | 'probePreparing' | 'wakeUps'>,
): Session => ({
  ...rest,
  db,
  store: postgresStore(db, { schema: rest.schema }),
  migrate: migrate(db, rest.schema),
  plan: planMigration(db, rest.schema),
  query: <Row>(statement: string, parameters: ReadonlyArray<unknown> = []) =>
    pipe(
      TE.tryCatch(
        () => db.executeQuery<Row>(CompiledQuery.raw(statement, [...parameters])),
        toStoreFailed('none'),
      ),
      TE.map(({ rows }) => rows),
    ),
  close: () => db.destroy(),
})
