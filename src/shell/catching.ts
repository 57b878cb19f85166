import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'

/** Runs the caller's own code: what it throws becomes a Left. */
export const catching = <Result>(run: () => Result): E.Either<unknown, Result> => {
  try {
    return E.right(run())
  } catch (cause) {
    return E.left(cause)
  }
}

/** The same for a task: what it throws, or rejects with, becomes a Left. */
export const catchTask =
  <Result>(run: () => TaskEither<unknown, Result>): TaskEither<unknown, Result> =>
  async () => {
    try {
      return await run()()
    } catch (cause) {
      return E.left(cause)
    }
  }
