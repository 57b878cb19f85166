import * as E from 'fp-ts/Either'

/** Runs code of the application: what it throws becomes a Left. */
export const catching = <Result>(run: () => Result): E.Either<unknown, Result> => {
  try {
    return E.right(run())
  } catch (cause) {
    return E.left(cause)
  }
}
