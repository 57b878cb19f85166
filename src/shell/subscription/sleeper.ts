import { clearTimeout, setTimeout } from '../../platform/node'

/** Sleeps until it is woken, `signal` is aborted, or the time is over. A wake-up that comes too early is not lost. */
export interface Sleeper {
  readonly wake: () => void
  /** Answers whether it was woken. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<boolean>
}

export const sleeper = (): Sleeper => {
  let woken = false
  let end: () => void = () => undefined
  return {
    wake: () => {
      woken = true
      end()
    },
    sleep: async (milliseconds, signal) => {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = (): void => {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            end = () => undefined
            resolve()
          }
          const timer = setTimeout(done, milliseconds)
          signal.addEventListener('abort', done)
          end = done
        })
      }
      const wasWoken = woken
      woken = false
      return wasWoken
    },
  }
}
