import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { handlerTimedOut } from '../../core/errors/subscription'
import { catching } from '../catching'
import { clearTimeout, setTimeout } from '../timers'

/** What a handler is given besides its event. */
export interface HandlerContext {
  /**
   * Aborted when nobody waits for the handler any more: its time is over (`handlerTimeout`), its instance
   * must end (`stopTimeout`), or another one owns the partition. Pass it on to `load` and the like.
   */
  readonly signal: AbortSignal
}

/** When nobody waits for a handler any more. */
export interface HandlerBounds {
  /** Milliseconds. */
  readonly handlerTimeout: number
  readonly abandonment: Abandonment
}

/** Whether nobody waits for the handlers of a partition any more. Many of them listen at a time. */
export interface Abandonment {
  readonly isAbandoned: () => boolean
  /** Answers how to stop listening. */
  readonly listen: (listener: () => void) => () => void
}

/** Everything is waited for until `abandon` is called. */
export const abandonment = (): Abandonment & { readonly abandon: () => void } => {
  const listeners = new Set<() => void>()
  let isAbandoned = false
  return {
    isAbandoned: () => isAbandoned,
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    abandon: () => {
      isAbandoned = true
      for (const listener of [...listeners]) listener()
    },
  }
}

/**
 * Runs the caller's own handler: whatever it throws becomes a Left, and so does an answer that does not
 * come in time. Never rejects.
 */
export const bounded =
  <Result>(
    { handlerTimeout, abandonment: all }: HandlerBounds,
    work: (context: HandlerContext) => TaskEither<unknown, Result>,
  ): TaskEither<unknown, Result> =>
  () =>
    new Promise((resolve) => {
      const controller = new AbortController()
      const end = (result: E.Either<unknown, Result>): void => {
        clearTimeout(timer)
        silence()
        resolve(result)
      }
      const abandon = (cause: unknown): void => {
        controller.abort(cause)
        end(E.left(cause))
      }
      const silence = all.listen(() => abandon('nobody waits for this handler any more'))
      const timer = setTimeout(() => abandon(handlerTimedOut(handlerTimeout)), handlerTimeout)
      const started = catching(() => work({ signal: controller.signal })())
      if (E.isLeft(started)) end(started)
      else
        started.right.then(end, (cause: unknown) => {
          end(E.left(cause))
        })
    })
