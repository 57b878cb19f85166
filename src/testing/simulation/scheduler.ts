import type { Random } from '../faults/random'

/** Decides in which order things happen, and what time it is. */
export interface Scheduler {
  /** The virtual clock, in milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
  /** Waits for so many milliseconds of the virtual clock, and for its turn. */
  readonly pause: (milliseconds: number) => Promise<void>
  /** Waits for its turn. */
  readonly turn: () => Promise<void>
  /** Every function of a port, and of what its functions give, waits for its turn before its work and after it. */
  readonly scheduled: <Port extends object>(port: Port) => Port
  /** Runs to the end. Rejects when nothing can go on any more. */
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>
}

interface Sleeping {
  readonly until: number
  readonly wake: () => void
}

/** The virtual clock begins here: 2026-01-01. */
const BEGINNING = Date.UTC(2026, 0, 1)

/** How often nothing may be there to be done before that is the end. */
const PATIENCE = 100

const immediately = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/**
 * A scheduler with a virtual clock: of all that could go on, `random` chooses one, and lets it run until it waits again.
 * What happens is decided by the seed alone, as long as nothing waits for a real timer, a socket or a file.
 *
 * `run` rejects with what its work rejects with, and with an `Error` when nothing can go on any more: a deadlock.
 *
 * @example
 * const { scheduled, now, run } = scheduler(seededRandom(1))
 * await run(async () => work(scheduled(memory({ now }).store)))
 */
export const scheduler = (random: Random): Scheduler => {
  const ready: (() => void)[] = []
  let sleeping: Sleeping[] = []
  let clock = BEGINNING

  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      ready.push(resolve)
    })

  /** What has slept until now can go on. */
  const wake = (): void => {
    if (!sleeping.some(({ until }) => until <= clock)) return
    for (const one of sleeping) if (one.until <= clock) ready.push(one.wake)
    sleeping = sleeping.filter(({ until }) => until > clock)
  }

  /** Lets one of them go on. Answers whether there was one. */
  const goOn = (): boolean => {
    clock += random.chance(0.2) ? 1 : 0
    if (ready.length === 0 && sleeping.length > 0) {
      clock = Math.max(clock, Math.min(...sleeping.map(({ until }) => until)))
    }
    wake()
    const [next] = ready.splice(random.below(ready.length), 1)
    next?.()
    return next !== undefined
  }

  const scheduledCall =
    (call: () => Promise<unknown>): (() => Promise<unknown>) =>
    async () => {
      await turn()
      const answer = await call()
      await turn()
      return answer
    }

  const scheduledResult = (result: unknown): unknown => {
    if (typeof result === 'function') return scheduledCall(result as () => Promise<unknown>)
    return typeof result === 'object' && result !== null ? scheduled(result) : result
  }

  const scheduled = <Port extends object>(port: Port): Port =>
    Object.fromEntries(
      Object.entries(port).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'function'
          ? (...given: ReadonlyArray<unknown>) =>
              scheduledResult((value as (...all: typeof given) => unknown)(...given))
          : value,
      ]),
    ) as Port

  return {
    now: () => clock,
    turn,
    scheduled,
    pause: (milliseconds) =>
      new Promise((resolve) => {
        sleeping.push({ until: clock + milliseconds, wake: resolve })
      }),
    run: async (work) => {
      const ending = new AbortController()
      const working = work().finally(() => ending.abort())
      // Its rejection is for the caller, who gets it below.
      working.catch(() => undefined)
      for (let idle = 0; !ending.signal.aborted;) {
        await immediately()
        idle = goOn() ? 0 : idle + 1
        if (idle > PATIENCE) return Promise.reject(new Error('nothing can go on: a deadlock'))
      }
      return working
    },
  }
}
