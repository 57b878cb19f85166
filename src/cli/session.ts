import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { OpenedDatabase } from '../adapters/postgres/connection/opened-database'
import type { StoreFailed } from '../core/errors/store'
import { type CliFailure, failed, storeFailure } from './failure'
import type { Context, Opening, Work } from './runtime'
import { targetOf } from './target'

/** An open database, as commands use it. */
export interface Session extends OpenedDatabase {
  /** For messages: never with the password. */
  readonly place: string
  readonly schema: string
}

/** The errors of a library call. */
type LibraryError = StoreFailed | { readonly _tag: string; readonly message: string }

const isStoreFailed = (error: LibraryError): error is StoreFailed => error._tag === 'StoreFailed'

/** An error of the library, for the terminal. */
export const explain =
  ({ place, schema }: Pick<Session, 'place' | 'schema'>) =>
  (error: LibraryError): CliFailure =>
    isStoreFailed(error) ? storeFailure(place, schema)(error) : failed(error)

/** The result of a library call, with its errors explained. */
export const explained =
  (session: Pick<Session, 'place' | 'schema'>) =>
  <Answer>(call: TE.TaskEither<LibraryError, Answer>): TE.TaskEither<CliFailure, Answer> =>
    pipe(call, TE.mapLeft(explain(session)))

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
      TE.flatMap((target) => {
        const { schema, now, archives } = context
        return pipe(
          context.connect(target, opening, { schema, now, archives }),
          TE.map((database) => ({ ...database, place: target.place, schema })),
        )
      }),
      TE.flatMap((session) => closing(session, work(session, context))),
    )
