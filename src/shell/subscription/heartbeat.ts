import { performance } from '../../platform/node'

const phases = new WeakMap<object, number>()

/** From 0 (included) to 1 (excluded): the same for all that use this store, and another one for another store. */
const phaseOf = (store: object): number => {
  const phase = phases.get(store) ?? Math.random()
  phases.set(store, phase)
  return phase
}

/**
 * How long to wait for the next heartbeat, in milliseconds. All subscriptions on one store with the same interval have
 * it at the same moment, so that the store can answer them together.
 *
 * @param interval - the longest time between two heartbeats, in milliseconds.
 */
export const untilHeartbeat = (store: object, interval: number): number => {
  const every = interval * 0.9
  const left = every - ((performance.now() + phaseOf(store) * every) % every)
  return left < interval / 10 ? left + every : left // a timer may fire a moment early
}
