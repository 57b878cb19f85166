import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { handlerTimedOut } from '../../core/errors/subscription'
import type { HandlerContext } from '../../core/handler-context'
import { catching } from '../catching'
import { clearTimeout, performance, setTimeout } from '../../platform/node'

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

type Answer<Result> = E.Either<unknown, Result>

/** Runs the handlers of a batch, one after another. */
export interface HandlerRunner {
  /** Never rejects: what the handler throws becomes a Left, and so does a timeout. */
  readonly run: <Result>(
    work: (context: HandlerContext) => TaskEither<unknown, Result>,
  ) => Promise<Answer<Result>>
  /** To be called when the batch is over. */
  readonly end: () => void
}

/**
 * What handlers need while they run is made once for a batch, or when one looks at it: a timer and a signal for each
 * event would take longer than many a handler.
 */
export const handlerRunner = ({
  handlerTimeout,
  abandonment: all,
}: HandlerBounds): HandlerRunner => {
  let controller: AbortController | undefined // of the handler that runs now
  let giveUp: ((cause: unknown) => void) | undefined // while one runs
  let startedAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const context: HandlerContext = {
    get signal() {
      controller ??= new AbortController()
      return controller.signal
    },
  }
  const abandon = (cause: unknown): void => {
    if (giveUp === undefined) return
    controller?.abort(cause)
    giveUp(cause)
  }
  const unlisten = all.listen(() =>
    abandon('the handler was abandoned: its instance had to stop, or has lost the lease'),
  )
  const watch = (): void => {
    const left = startedAt + handlerTimeout - performance.now()
    if (giveUp !== undefined && left <= 0) abandon(handlerTimedOut(handlerTimeout))
    timer = giveUp === undefined ? undefined : setTimeout(watch, Math.ceil(left))
  }

  return {
    run: (work) =>
      new Promise((resolve) => {
        controller = undefined
        startedAt = performance.now()
        let isOver = false
        const end = (
          result: Answer<never> | Awaited<ReturnType<ReturnType<typeof work>>>,
        ): void => {
          if (isOver) return
          isOver = true
          giveUp = undefined
          resolve(result)
        }
        giveUp = (cause) => end(E.left(cause))
        timer ??= setTimeout(watch, handlerTimeout)
        const started = catching(() => work(context)())
        if (E.isLeft(started)) end(started)
        else
          started.right.then(end, (cause: unknown) => {
            end(E.left(cause))
          })
      }),
    end: () => {
      clearTimeout(timer)
      unlisten()
    },
  }
}

/** Runs a handler on its own. */
export const bounded = async <Result>(
  bounds: HandlerBounds,
  work: (context: HandlerContext) => TaskEither<unknown, Result>,
): Promise<Answer<Result>> => {
  const runner = handlerRunner(bounds)
  const answer = await runner.run(work)
  runner.end()
  return answer
}
