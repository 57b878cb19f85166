import type { Pool } from 'pg'
import { withDeadline } from './deadline'
import { ownError, POOL_EXHAUSTED } from './errors'

/** Lets a number of callers in at a time, in the order of arrival. */
interface Gate {
  /** Answers what is to be called, once, on leaving. */
  readonly enter: () => Promise<() => void>
}

const gate = (places: number): Gate => {
  let free = places
  const waiting: Array<() => void> = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    enter: async () => {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return leave
    },
  }
}

/** How many connections of a pool long transactions may take: the others are for statements outside of them. */
const placesFor = (pool: Pool): number =>
  Math.max(pool.options.max - Math.max(Math.ceil(pool.options.max / 4), 1), 1)

// One for each pool, however many databases are made of it.
const gates = new WeakMap<Pool, Gate>()
const gateOf = (pool: Pool): Gate => {
  const made = gates.get(pool) ?? gate(placesFor(pool))
  gates.set(pool, made)
  return made
}

/** Waits so many milliseconds until a long transaction may begin. Answers what is to be called when it has ended. */
export const enterWithin = (pool: Pool, timeout: number): Promise<() => void> => {
  const entering = gateOf(pool).enter()
  return withDeadline(entering, timeout, () => {
    void entering.then((leave) => leave())
    return ownError(
      POOL_EXHAUSTED,
      `no transaction could begin within ${timeout} ms: all ${placesFor(pool)} connections that subscriptions may use (of ${pool.options.max} in the pool) are in use: raise the max of the pool, or hold connections for less time`,
    )
  })
}
