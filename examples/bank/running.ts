import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { value } from './value'

/** Something that runs until it is stopped. */
export interface Running {
  /** Finishes the current work, and ends. */
  readonly stop: () => Promise<void>
}

/** Starts it. A failure on the way ends the example when it is stopped. */
export const running = (
  start: (signal: AbortSignal) => TaskEither<{ readonly message: string }, void>,
): Running => {
  const controller = new AbortController()
  const ended = start(controller.signal)()
  return {
    stop: async () => {
      controller.abort()
      value(await ended)
    },
  }
}
