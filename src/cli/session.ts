import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import type { MigrationChanged, Migrated, MigrationPlan } from '../adapters/postgres/schema/migrate'
import type { PostgresStore } from '../adapters/postgres/postgres-store'
import type { StoreFailed } from '../core/errors/store'
import type { WakeUps } from '../core/ports/wake-ups'
import { type CliFailure, failed, storeFailure } from './failure'
import type { Context, Opening, Work } from './runtime'
import { targetOf } from './target'

/** What was found out about prepared statements. */
export interface Preparing {
  readonly usable: 'yes' | 'no' | 'unknown'
  /** Whether the same connection meets different server processes: a pooler stands in between. */
  readonly pooled: boolean
  readonly detail: string
}

/** An open database, and what commands do with it. */
export interface Session {
  /** For people: never with the password. */
  readonly place: string
  readonly schema: string
  readonly kind: 'server' | 'embedded'
  readonly db: Kysely<unknown>
  readonly store: PostgresStore<unknown>
  /** Hints of new events, where a connection can be kept for them. */
  readonly wakeUps?: WakeUps
  readonly migrate: TE.TaskEither<MigrationChanged | StoreFailed, Migrated>
  readonly plan: TE.TaskEither<MigrationChanged | StoreFailed, MigrationPlan>
  readonly query: <Row>(
    statement: string,
    parameters?: ReadonlyArray<unknown>,
  ) => TE.TaskEither<StoreFailed, ReadonlyArray<Row>>
  readonly probePreparing: TE.TaskEither<StoreFailed, Preparing>
  readonly close: () => Promise<void>
}

/** What a library call can answer to a command. */
type LibraryError = StoreFailed | { readonly _tag: string; readonly message: string }

const isStoreFailed = (error: LibraryError): error is StoreFailed => error._tag === 'StoreFailed'

/** An error of the library, in words for somebody at a terminal. */
export const explain =
  ({ place, schema }: Pick<Session, 'place' | 'schema'>) =>
  (error: LibraryError): CliFailure =>
    isStoreFailed(error) ? storeFailure(place, schema)(error) : failed(error)

const closing =
  <A>(session: Session, work: TE.TaskEither<CliFailure, A>): TE.TaskEither<CliFailure, A> =>
  async () => {
    try {
      return await work()
    } finally {
      await session.close().catch(() => undefined)
    }
  }

/** Opens the database, works, and closes it, whatever happens. */
export const withSession =
  (opening: Opening, work: (session: Session, context: Context) => ReturnType<Work>): Work =>
  (context) =>
    pipe(
      TE.fromEither(targetOf(context.url, context.environment)),
      TE.flatMap((target) => context.connect(target, context.schema, opening)),
      TE.flatMap((session) => closing(session, work(session, context))),
    )
