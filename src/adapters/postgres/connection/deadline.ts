import { LONGEST_TIMER } from '../../../core/setting'
import { clearTimeout, setTimeout } from '../../../platform/node'

/**
 * The same promise, which is given up when it takes too long. The timer keeps no process alive.
 *
 * @param timeout - in milliseconds. `Infinity`: never.
 * @param giveUp - ends what is under way, and says what it was.
 */
export const withDeadline = <Value>(
  work: Promise<Value>,
  timeout: number,
  giveUp: () => Error,
): Promise<Value> => {
  if (timeout > LONGEST_TIMER) return work
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(giveUp())
    }, timeout)
    timer.unref()
    work.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        const reason = error as Error
        reject(reason)
      },
    )
  })
}

/**
 * The same for pieces of work that usually come one after another, as the statements of a connection do: they
 * share one timer, which is set again for each of them and then left to expire.
 *
 * @param reasonOf - what a piece that fails is rejected with.
 */
export const deadlines = (
  timeout: number,
  giveUp: () => Error,
  reasonOf: (error: Error) => Error,
): (<Value>(work: Promise<Value>) => Promise<Value>) => {
  const failed = (error: Error): Promise<never> => Promise.reject(reasonOf(error))
  if (timeout > LONGEST_TIMER) return (work) => work.catch(failed)
  let timer: ReturnType<typeof setTimeout> | undefined
  let late: ((error: Error) => void) | undefined
  const expire = (): void => late?.(giveUp())
  return (work) => {
    if (late !== undefined) return withDeadline(work.catch(failed), timeout, giveUp)
    return new Promise((resolve, reject) => {
      late = reject
      if (timer === undefined) timer = setTimeout(expire, timeout).unref()
      else timer.refresh()
      work.then(
        (value) => {
          late = undefined
          resolve(value)
        },
        (error: unknown) => {
          late = undefined
          reject(reasonOf(error as Error))
        },
      )
    })
  }
}
