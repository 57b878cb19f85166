import assert from 'node:assert/strict'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventStore } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import {
  type FaultKind,
  type FaultRates,
  type FaultyParts,
  injectFaults,
} from '../faults/inject-faults'
import { seededRandom } from '../faults/random'
import { checkHistory } from './check-history'
import type { HistoryEntry } from './entries'
import { recordedDocuments, recordedOutbox, recordedSubscriptions } from './recorded-backend'
import { recordedBoundaries } from './recorded-boundaries'
import { recordedStore } from './recorded-store'
import { type HistoryRecorder, historyRecorder } from './recorder'
import type { HistoryRules } from './replay-rules'
import { describeViolation, type Violation } from './violation'
import { conclude, reader, writer } from './workload'
import { subscriber, timerKeeper } from './workload-read-side'
import { type Client, type ClientWorld, workloadInline, workloadRules } from './workload-world'

/**
 * A store to be proved: an event store, and whatever else there is beside it. If it is a `BoundaryStore` too, it is also
 * appended to several streams at once, some of them on a condition.
 */
export interface StoreUnderProof<Transaction> extends FaultyParts<Transaction> {
  readonly close: () => Promise<void>
  /**
   * Ends it as a crash would: at once, and without tidying up. Left out: crashes are not tried. After it the store is
   * opened again, and must hold all that it has acknowledged.
   */
  readonly crash?: () => Promise<void>
}

/** What {@link proveStore} gives to the function that opens a store. */
export interface OpenForProof {
  /** To be kept inside every append. A store without inline projections has no use for them. */
  readonly inline: ReadonlyArray<InlineProjection<unknown>>
  /** The clock that the store should use, if it can use another one than its own. */
  readonly now: () => number
}

/** How a store is proved. Every key may be left out. */
export interface ProofOptions<Transaction> {
  /** Repeats the same requests, with the same faults. Default: another one each time, which is printed on failure. */
  readonly seed?: number
  /** How many operations there are. Default 2,000. */
  readonly operations?: number
  /** How many write at the same time. Default 4. */
  readonly writers?: number
  /** What goes wrong between the clients and the store. Default: a little of everything. */
  readonly faults?: FaultRates
  /** More clients, beside those that write, read, subscribe and keep timers. */
  readonly clients?: ReadonlyArray<Client<Transaction>>
  /** What the states that those clients read are judged by. */
  readonly states?: NonNullable<HistoryRules['states']>
  /** The store's clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number
  /**
   * How far that clock may be from the clients', in milliseconds. `Infinity`: times are not judged. Default 1, or
   * `Infinity` with a `now` and no `pause` of your own.
   */
  readonly clockDifference?: number
  /** Waits for so many milliseconds. Default a timer. */
  readonly pause?: (milliseconds: number) => Promise<void>
  /** Takes each entry of the history as well. */
  readonly write?: (entry: HistoryEntry) => void
}

/** What a proof has found. */
export interface Proof {
  /** To pass to another proof, for the same requests and faults again. */
  readonly seed: number
  /** How many operations there were. */
  readonly operations: number
  /** How often each fault was injected, and how often the store crashed. */
  readonly faults: Readonly<Partial<Record<FaultKind | 'crash', number>>>
  readonly history: ReadonlyArray<HistoryEntry>
  readonly violations: ReadonlyArray<Violation>
}

/** How often a store that can crash is opened. */
const LIVES = 4

const timer = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const hasBoundaries = (store: FaultyParts<never>['store']): store is EventStore & BoundaryStore =>
  store.appendTogether !== undefined && store.readMatching !== undefined

/**
 * The parts of a store, with everything that `client` does in the history.
 *
 * @example
 * const parts = recordedParts(recorder, 'client 1', memory())
 * await parts.store.version('account-A1')()
 */
export const recordedParts = <Transaction>(
  recorder: HistoryRecorder,
  client: string,
  { store, subscriptions, documents, outbox }: FaultyParts<Transaction>,
): FaultyParts<Transaction> => ({
  store: {
    ...recordedStore(recorder, client, store),
    ...(hasBoundaries(store) ? recordedBoundaries(recorder, client, store) : {}),
  },
  ...(subscriptions === undefined
    ? {}
    : { subscriptions: recordedSubscriptions(recorder, client, subscriptions) }),
  ...(documents === undefined ? {} : { documents: recordedDocuments(recorder, client, documents) }),
  ...(outbox === undefined ? {} : { outbox: recordedOutbox(recorder, client, outbox) }),
})

/**
 * Lets clients work on an empty store over a bad line, and judges what they were told. The proof of {@link proveStore},
 * as a value: what is wrong is in its `violations`. Rejects with what `open`, or a client of yours, throws.
 *
 * @param open - opens the store. The first time it is empty; after a crash it holds what it held.
 *
 * @example
 * const { violations } = await examineStore(async ({ inline }) => memory({ inline }), { seed: 7 })
 */
export const examineStore = async <Transaction>(
  open: (given: OpenForProof) => Promise<StoreUnderProof<Transaction>>,
  {
    seed = Math.floor(Math.random() * 2 ** 31),
    operations = 2_000,
    writers = 4,
    faults: rates,
    clients = [],
    states = {},
    now = Date.now,
    pause = timer,
    clockDifference = now === Date.now || pause !== timer ? undefined : Infinity,
    write,
  }: ProofOptions<Transaction> = {},
): Promise<Proof> => {
  const random = seededRandom(seed)
  const history: HistoryEntry[] = []
  const faults: Partial<Record<FaultKind | 'crash', number>> = {}
  const count = (kind: FaultKind | 'crash') => (faults[kind] = (faults[kind] ?? 0) + 1)
  const recorder = historyRecorder({
    write: (entry) => {
      history.push(entry)
      write?.(entry)
    },
    now,
  })
  /** Others may come between its beginning and its end. */
  const inline: InlineProjection<unknown> = {
    ...workloadInline,
    project: (events, transaction, documents) => async () => {
      if (random.chance(0.3)) await pause(1)
      return workloadInline.project(events, transaction, documents)()
    },
  }
  const given: OpenForProof = { inline: [inline], now }

  for (let life = 1, lives = 1; life <= lives; life++) {
    const opened = await open(given)
    lives = opened.crash === undefined ? 1 : LIVES
    let rest = Math.ceil(operations / lives)
    const goesOn = (): boolean => rest-- > 0
    let isOver = false
    const world = (
      name: string,
      injected: FaultRates | undefined,
      more: () => boolean,
    ): ClientWorld<Transaction> => {
      const own = random.fork(name)
      const faulty = injectFaults<FaultyParts<Transaction>, Transaction>(opened, {
        random: own.fork('faults'),
        pause,
        observe: count,
        ...(injected === undefined ? {} : { rates: injected }),
      })
      const living = recorder.until(() => isOver)
      const backend = recordedParts(living, name, faulty)
      return { name, backend, recorder: living, random: own, pause, goesOn: more }
    }
    const all: ReadonlyArray<Client<Transaction>> = [
      ...Array.from({ length: writers }, () => writer<Transaction>),
      ...[reader, reader, subscriber, subscriber, timerKeeper, timerKeeper, ...clients],
    ]
    const working = Promise.all(
      all.map((client, index) => client(world(`${client.name} ${life}.${index}`, rates, goesOn))),
    )
    if (life < lives && opened.crash !== undefined) {
      while (rest > 0) await pause(1)
      isOver = true
      count('crash')
      await opened.crash()
      continue
    }
    await working
    await pause(50) // what was late has come
    await conclude(world('the last reader', {}, () => true))
    await opened.close()
  }

  const differing = clockDifference === undefined ? {} : { clockDifference }
  const rules: HistoryRules = { ...workloadRules, states, ...differing }
  return { seed, operations, faults, history, violations: checkHistory(history, rules) }
}

/**
 * Proves a store: several clients write, read, subscribe and keep timers at the same time, over a line that loses, delays
 * and doubles; the store crashes now and then, if it can; and afterwards everything that the clients were told must fit
 * together. Rejects with an `AssertionError` that names the seed, and shows the smallest part of the history in which
 * something is wrong.
 *
 * @param open - opens the store. The first time it is empty; after a crash it holds what it held.
 *
 * @example
 * await proveStore('memory', async ({ inline }) => memory({ inline }))
 */
export const proveStore = async <Transaction>(
  name: string,
  open: (given: OpenForProof) => Promise<StoreUnderProof<Transaction>>,
  options: ProofOptions<Transaction> = {},
): Promise<Proof> => {
  const { seed = Math.floor(Math.random() * 2 ** 31) } = options
  const proof = await examineStore(open, { ...options, seed }).catch((cause: unknown) =>
    assert.fail(`${name}, seed ${seed}: the proof could not be carried out: ${String(cause)}`),
  )
  const [violation] = proof.violations
  if (violation === undefined) return proof
  return assert.fail(
    `${name}, seed ${seed}: ${proof.violations.length} broken promises. The first one:\n` +
      describeViolation(violation),
  )
}
