import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { handlerTimedOut } from '../../core/errors/subscription'
import { catching } from '../catching'
import { clearTimeout, setTimeout } from '../timers'

/** What a handler is given besides its event. */
export interface HandlerContext {
  /**
   * Aborted when nobody waits for the handler any more: its time is over (`handlerTimeout`), its instance
   * must end (`stopTimeout`), or another one owns the partition. Pass it on to `fetch` and the like.
   */
  readonly signal: AbortSignal
}

/** When nobody waits for a handler any more. */
export interface HandlerBounds {
  /** Milliseconds. */
  readonly handlerTimeout: number
  readonly giveUp: AbortSignal
}

/**
 * Runs the caller's own handler: whatever it throws becomes a Left, and so does an answer that does not
 * come in time. Never rejects.
 */
export const bounded =
  <Result>(
    { handlerTimeout, giveUp }: HandlerBounds,
    work: (context: HandlerContext) => TaskEither<unknown, Result>,
  ): TaskEither<unknown, Result> =>
  () =>
    new Promise((resolve) => {
      const controller = new AbortController()
      const end = (result: E.Either<unknown, Result>): void => {
        clearTimeout(timer)
        giveUp.removeEventListener('abort', leave)
        resolve(result)
      }
      const abandon = (cause: unknown): void => {
        controller.abort(cause)
        end(E.left(cause))
      }
      const leave = (): void => abandon(giveUp.reason)
      const timer = setTimeout(() => abandon(handlerTimedOut(handlerTimeout)), handlerTimeout)
      giveUp.addEventListener('abort', leave)
      const started = catching(() => work({ signal: controller.signal })())
      if (E.isLeft(started)) end(started)
      else
        started.right.then(end, (cause: unknown) => {
          end(E.left(cause))
        })
    })
