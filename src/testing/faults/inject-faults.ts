import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendRequest } from '../../core/append'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventStore } from '../../core/ports/event-store'
import type { Projections } from '../../core/ports/projection-store'
import type { Outbox } from '../../core/ports/outbox'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { Random } from './random'

/** What can go wrong with one call. */
export type FaultKind =
  /** It waits before it begins, and before its answer arrives. */
  | 'slow'
  /** It never reaches the store. The caller is told that its outcome is unknown. */
  | 'requestLost'
  /** It has its effect, and its answer never arrives. */
  | 'answerLost'
  /** It has its effect some time after the caller was told that its outcome is unknown. */
  | 'late'
  /** The store gets it twice. Only a call that is safe to repeat. */
  | 'doubled'
  /** It is thrown at the caller, instead of being answered. */
  | 'thrown'

/** How often each fault happens, as probabilities from 0 to 1. What is left out never happens. */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>

/** A little of everything. */
export const someFaults: FaultRates = {
  slow: 0.1,
  requestLost: 0.02,
  answerLost: 0.04,
  late: 0.02,
  doubled: 0.03,
  thrown: 0.01,
}

/** Where faults come from. */
export interface FaultOptions {
  readonly random: Random
  /** Default {@link someFaults}. */
  readonly rates?: FaultRates
  /** Waits for so many milliseconds. Default a timer. */
  readonly pause?: (milliseconds: number) => Promise<void>
  /** The longest wait, in milliseconds. Default 20. */
  readonly longest?: number
  /** Called with each fault that was injected. */
  readonly observe?: (kind: FaultKind) => void
}

/** The parts of a backend that faults can be injected into. */
export interface FaultyParts<Transaction> {
  readonly store: EventStore & Partial<BoundaryStore>
  readonly subscriptions?: SubscriptionStore<Transaction>
  readonly documents?: Projections<Transaction>
  readonly outbox?: Outbox<Transaction>
}

type CallKind = 'read' | 'write' | 'repeatable write'

/** Whether a second one like it is refused. */
const isRepeatable = ({ expectedVersion, events, commands }: AppendRequest): boolean =>
  commands.length > 0 ||
  (events.length > 0 && (expectedVersion === 'mustNotExist' || typeof expectedVersion === 'number'))

const timer = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** Makes any call go wrong now and then. */
const faultInjector = ({
  random,
  rates = someFaults,
  pause = timer,
  longest = 20,
  observe = () => undefined,
}: FaultOptions) => {
  const kinds = Object.entries(rates) as [FaultKind, number][]
  const draw = (): FaultKind | undefined => {
    let rest = random.next()
    for (const [kind, rate] of kinds) {
      if (rest < rate) return kind
      rest -= rate
    }
    return undefined
  }
  const wait = () => pause(1 + random.below(longest))
  const lost = (kind: CallKind): E.Either<StoreFailed, never> =>
    E.left(
      kind === 'read'
        ? storeFailed('ConnectionLost', 'nothingWritten', new Error('an injected fault'))
        : storeFailed('ConnectionLost', 'unknown', new Error('an injected fault')),
    )

  return <Failure, Result>(
      kind: CallKind,
      call: TaskEither<Failure, Result>,
    ): TaskEither<Failure | StoreFailed, Result> =>
    async () => {
      const fault = draw()
      if (fault === undefined || (fault === 'doubled' && kind === 'write')) return call()
      observe(fault)
      switch (fault) {
        case 'slow': {
          await wait()
          const answer = await call()
          await wait()
          return answer
        }
        case 'requestLost':
          await wait()
          return lost(kind)
        case 'answerLost':
          await call()
          return lost(kind)
        case 'late': {
          if (kind === 'read') {
            const answer = await call()
            await wait()
            return answer
          }
          void wait().then(call)
          return lost(kind)
        }
        case 'doubled': {
          const [first, second] = await Promise.all([call(), call()])
          return E.isRight(second) ? second : first
        }
        case 'thrown':
          await call()
          return Promise.reject(new Error('an injected fault'))
      }
    }
}

/**
 * A backend, or the parts of one that there are, over a bad line: what it is asked for may be late, lost, doubled or
 * slow, and so may its answers. Everything that goes wrong comes from `random`.
 *
 * @example
 * const backend = injectFaults(memory(), { random: seededRandom(7) })
 */
export const injectFaults = <Parts extends FaultyParts<Transaction>, Transaction>(
  parts: Parts & FaultyParts<Transaction>,
  options: FaultOptions,
): Parts => {
  const faulty = faultInjector(options)
  const { store, subscriptions, documents, outbox } = parts
  const faultyBoundaries = ({
    readMatching,
    appendTogether,
  }: Partial<BoundaryStore>): Partial<BoundaryStore> => ({
    ...(readMatching && { readMatching: (...given) => faulty('read', readMatching(...given)) }),
    ...(appendTogether && {
      appendTogether: (request) =>
        faulty(
          request.streams.some(isRepeatable) ? 'repeatable write' : 'write',
          appendTogether(request),
        ),
    }),
  })
  return {
    ...parts,
    store: {
      ...store,
      append: (request) =>
        faulty(isRepeatable(request) ? 'repeatable write' : 'write', store.append(request)),
      load: (request) => faulty('read', store.load(request)),
      read: (streamId, range) => faulty('read', store.read(streamId, range)),
      readBackwards: (streamId, range) => faulty('read', store.readBackwards(streamId, range)),
      version: (streamId) => faulty('read', store.version(streamId)),
      readAll: (range) => faulty('read', store.readAll(range)),
      ...faultyBoundaries(store),
    } satisfies EventStore,
    ...(subscriptions === undefined
      ? {}
      : {
          subscriptions: {
            ...subscriptions,
            claim: (name, instance, duration, report) =>
              faulty('repeatable write', subscriptions.claim(name, instance, duration, report)),
            save: (progress) => faulty('repeatable write', subscriptions.save(progress)),
            commit: (from, work) => faulty('write', subscriptions.commit(from, work)),
          } satisfies SubscriptionStore<Transaction>,
        }),
    ...(documents === undefined
      ? {}
      : {
          documents: {
            ...documents,
            get: (collection, key) => faulty('read', documents.get(collection, key)),
          } satisfies Projections<Transaction>,
        }),
    ...(outbox === undefined
      ? {}
      : {
          outbox: {
            ...outbox,
            takeDue: (process, limit) => faulty('read', outbox.takeDue(process, limit)),
          } satisfies Outbox<Transaction>,
        }),
  }
}

/**
 * A clock that is wrong: from time to time it jumps, forwards or backwards.
 *
 * @param now - the clock that is right, in milliseconds.
 *
 * `rate` is the probability of a jump at each reading, from 0 to 1; `largest` how far it is then from the right time at
 * most, in milliseconds.
 *
 * @example
 * const now = jumpingClock(Date.now, seededRandom(7), { rate: 0.01, largest: 60_000 })
 * const backend = memory({ now })
 */
export const jumpingClock = (
  now: () => number,
  random: Random,
  { rate, largest }: { readonly rate: number; readonly largest: number },
): (() => number) => {
  let difference = 0
  return () => {
    if (random.chance(rate)) difference = Math.round((random.next() * 2 - 1) * largest)
    return now() + difference
  }
}
