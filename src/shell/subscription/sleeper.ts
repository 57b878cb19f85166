/** Waits, until it is woken, asked to stop, or the time is over. A call that comes too early is not lost. */
export interface Alarm {
  readonly ring: () => void
  /** Answers whether it was woken. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>
}

export const alarm = (): Alarm => {
  let rung = false
  let wake: () => void = () => undefined
  return {
    ring: () => {
      rung = true
      wake()
    },
    wait: async (milliseconds, signal) => {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = (): void => {
            clearTimeout(timer)
            signal.removeEventListener('abort', done)
            wake = () => undefined
            resolve()
          }
          const timer = setTimeout(done, milliseconds)
          signal.addEventListener('abort', done)
          wake = done
        })
      }
      const woken = rung
      rung = false
      return woken
    },
  }
}
