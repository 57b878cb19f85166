import type * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'

/** Something that runs until it is asked to stop. */
export interface Running<Failure> {
  readonly stop: () => Promise<E.Either<Failure, void>>
  readonly ended: Promise<E.Either<Failure, void>>
}

/** Starts it, with a signal of its own. */
export const running = <Failure>(
  start: (signal: AbortSignal) => TaskEither<Failure, void>,
): Running<Failure> => {
  const controller = new AbortController()
  const ended = start(controller.signal)()
  return {
    ended,
    stop: () => {
      controller.abort()
      return ended
    },
  }
}
