import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { handlerTimedOut } from '../../core/errors/subscription'
import type { HandlerContext } from '../../core/handler-context'
import { catching } from '../catching'
import { clearTimeout, setTimeout } from '../timers'

/** When a handler is abandoned. */
export interface HandlerBounds {
  /** Milliseconds. */
  readonly handlerTimeout: number
  readonly abandonment: Abandonment
}

/** Whether the handlers of a partition are abandoned. Many of them listen at a time. */
export interface Abandonment {
  readonly isAbandoned: () => boolean
  /** Returns a function that stops listening. */
  readonly listen: (listener: () => void) => () => void
}

/** Not abandoned until `abandon` is called. */
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
 * Runs a handler of the application: what it throws becomes a Left, and so does a timeout. Never rejects.
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
        unlisten()
        resolve(result)
      }
      const abandon = (cause: unknown): void => {
        controller.abort(cause)
        end(E.left(cause))
      }
      const unlisten = all.listen(() =>
        abandon('the handler was abandoned: its instance had to stop, or has lost the lease'),
      )
      const timer = setTimeout(() => abandon(handlerTimedOut(handlerTimeout)), handlerTimeout)
      const started = catching(() => work({ signal: controller.signal })())
      if (E.isLeft(started)) end(started)
      else
        started.right.then(end, (cause: unknown) => {
          end(E.left(cause))
        })
    })
