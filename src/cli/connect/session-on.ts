import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely } from 'kysely'
import { toStoreFailed } from '../../adapters/postgres/connection/errors'
import { planMigration } from '../../adapters/postgres/schema/migrate'
import { postgres } from '../../adapters/postgres/backend'
import type { Session } from '../session'

/** What is the same for every kind of database. */
export const sessionOn = (
  db: Kysely<unknown>,
  rest: Pick<Session, 'place' | 'schema' | 'kind' | 'probePreparing'>,
): Session => {
  const backend = postgres(db, { schema: rest.schema })
  return {
    ...rest,
    db,
    backend,
    store: backend.store,
    migrate: backend.migrate,
    plan: planMigration(db, rest.schema),
    query: <Row>(statement: string, parameters: ReadonlyArray<unknown> = []) =>
      pipe(
        TE.tryCatch(
          () => db.executeQuery<Row>(CompiledQuery.raw(statement, [...parameters])),
          toStoreFailed('reading'),
        ),
        TE.map(({ rows }) => rows),
      ),
    close: async () => {
      await backend.close()
      await db.destroy()
    },
  }
}
