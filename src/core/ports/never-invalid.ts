import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { InvalidQuery } from '../errors/invalid'
import { type StoreFailed, storeFailed } from '../errors/store'

const isInvalidQuery = (error: { readonly _tag: string }): error is InvalidQuery =>
  error._tag === 'InvalidQuery'

/** What the library reads by itself, with a range that is valid: a store that rejects it has failed. */
export const neverInvalid = <Failure extends { readonly _tag: string }, Value>(
  read: TaskEither<Failure | InvalidQuery, Value>,
): TaskEither<Exclude<Failure, InvalidQuery> | StoreFailed, Value> =>
  pipe(
    read,
    TE.mapLeft((error) =>
      isInvalidQuery(error)
        ? storeFailed('Unexpected', 'nothingWritten', error)
        : (error as Exclude<Failure, InvalidQuery>),
    ),
  )
