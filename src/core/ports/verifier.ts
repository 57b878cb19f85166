import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { StoreDefect } from '../transfer/verify'
import type { ExportedEvent } from './transfer'

/**
 * Looks at everything that a store holds, for whoever wants to prove that it fits together. It only reads. Other writers are
 * not held up.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer.
 */
export interface Verifier {
  /** How many events there are, about. */
  readonly size: () => TaskEither<StoreFailed, number>

  /**
   * Gives all events, stream by stream, in the order of the versions, as they are at one moment; page by page to `take`.
   * The next one is read when that has ended.
   *
   * Fails with the error of `take`, after which no other page follows.
   */
  readonly walk: <Failure>(
    take: (page: ReadonlyArray<ExportedEvent>) => TaskEither<Failure, void>,
  ) => TaskEither<StoreFailed | Failure, void>

  /** What does not fit together and no single stream shows: at most `limit` defects of each kind. */
  readonly crossCheck: (limit: number) => TaskEither<StoreFailed, ReadonlyArray<StoreDefect>>
}
