import { seededRandom } from '../faults/random'
import {
  examineStore,
  type OpenForProof,
  type Proof,
  type ProofOptions,
} from '../history/prove-store'
import type { StoreUnderProof } from '../history/prove-store'
import { scheduler } from './scheduler'

/** How a store is simulated. The seed must be given: it decides everything. */
export type SimulationOptions<Transaction> = Omit<ProofOptions<Transaction>, 'now' | 'pause'> & {
  /** Any number: the same one gives the same history. */
  readonly seed: number
}

/**
 * The proof of a store that keeps everything in memory, in virtual time: the seed decides every interleaving, so the same
 * seed gives the same history, byte for byte, and thousands of them take a minute.
 *
 * @param open - must give the store the clock that it is given (`now`), and must not use timers, files or sockets.
 *
 * Rejects with what `open`, or a client of yours, throws. What is wrong with the store is in the `violations` of the
 * proof.
 *
 * @example
 * const proof = await simulateStore(async ({ inline, now }) => memory({ inline, now }), { seed: 1 })
 */
export const simulateStore = async <Transaction>(
  open: (given: OpenForProof) => Promise<StoreUnderProof<Transaction>>,
  options: SimulationOptions<Transaction>,
): Promise<Proof> => {
  const { now, pause, scheduled, run } = scheduler(seededRandom(`${options.seed}/schedule`))
  const opening = async (given: OpenForProof): Promise<StoreUnderProof<Transaction>> => {
    const opened = await open(given)
    const { store, subscriptions, documents, outbox } = opened
    return {
      ...opened,
      store: scheduled(store),
      ...(subscriptions === undefined ? {} : { subscriptions: scheduled(subscriptions) }),
      ...(documents === undefined ? {} : { documents: scheduled(documents) }),
      ...(outbox === undefined ? {} : { outbox: scheduled(outbox) }),
    }
  }
  return run(() => examineStore(opening, { operations: 60, ...options, now, pause }))
}
