import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { LeaseLost, HandlerFailed } from '../../core/errors/subscription'
import type {
  Claim,
  HeldLease,
  HeldStream,
  NewSubscription,
  CheckpointStep,
  SubscriptionStore,
} from '../../core/ports/subscription-store'
import type { SuiteOf, Opened } from '../suites'
import { eventually } from '../eventually'
import { succeeds } from '../store-contract/checks'

/** Writes a mark in its transaction. */
export type Mark = (name: string) => TaskEither<StoreFailed, void>

/** A store whose transactions write marks. */
export interface MarkingStore extends Omit<SubscriptionStore<never>, 'commit'> {
  /** The whole step, with what `work` writes. */
  readonly commit: (
    progress: CheckpointStep,
    work: (leave: Mark) => TaskEither<HandlerFailed | StoreFailed, void>,
  ) => TaskEither<CommitError, void>
  /** The step ends where `work` says. */
  readonly commitTo: SubscriptionStore<Mark>['commit']
}

type CommitError = HandlerFailed | StoreFailed | LeaseLost

/** What the tests run on. Work in a transaction gets {@link Mark} in place of the adapter's own. */
export interface Subscriptions extends Opened {
  readonly store: MarkingStore
  /** The same data over separate connections, or the same object if the adapter has only one. */
  readonly second: MarkingStore
  readonly isMarked: (name: string) => TaskEither<StoreFailed, boolean>
}

export type Suite = SuiteOf<Subscriptions>

/** The same store with transactions that can only write marks. */
export const marking = <Transaction>(
  store: SubscriptionStore<Transaction>,
  mark: (transaction: Transaction, name: string) => TaskEither<StoreFailed, void>,
): MarkingStore => {
  const commitTo: MarkingStore['commitTo'] = (from, work) =>
    store.commit(from, (transaction) => work((name) => mark(transaction, name)))
  return {
    ...store,
    commitTo,
    commit: (progress, work) =>
      commitTo(progress, (leave) =>
        pipe(
          work(leave),
          TE.map(() => progress),
        ),
      ),
  }
}

/** Longer than any test. Milliseconds. */
export const LONG = 60_000
/** A short time. Milliseconds. */
export const SHORT = 50

/** An unused name. */
export const freshName = (): string => `contract-${crypto.randomUUID()}`

/** Creates a new subscription, and returns its name. */
export const created = async (
  { store }: Subscriptions,
  first: Partial<Omit<NewSubscription, 'name'>> = {},
): Promise<string> => {
  const name = freshName()
  await succeeds(store.register({ partitions: 1, position: 0, ...first, name }))
  return name
}

/** The answer to a claim, without its hints: a store may leave them out. */
export const withoutHints = ({
  readable: _readable,
  dueIn: _dueIn,
  ...claimed
}: Claim): Omit<Claim, 'readable' | 'dueIn'> => claimed

export const claim = async (
  store: Subscriptions['store'],
  name: string,
  instance: string,
  duration = LONG,
): Promise<Omit<Claim, 'readable' | 'dueIn'>> =>
  withoutHints(await succeeds(store.claim(name, instance, duration)))

/** The first lease that the instance gets, as soon as it gets one. */
export const claimOne = (
  store: Subscriptions['store'],
  name: string,
  instance: string,
  duration = LONG,
): Promise<HeldLease> =>
  eventually(
    `a partition for ${instance}`,
    async () => (await claim(store, name, instance, duration)).leases[0],
  )

/** An expired lease, and the lease of the next owner. */
export const takenOver = async ({ store, second }: Subscriptions, name: string) => {
  const old = await claimOne(store, name, 'old', SHORT)
  return { old, next: await claimOne(second, name, 'next') }
}

export const stepTo = (
  lease: HeldLease,
  position: number,
  after: number = lease.position,
): CheckpointStep => ({ lease, after, position })

export const aHeldStream = (streamId: string, position: number): HeldStream => ({
  streamId,
  version: 2,
  position,
  eventId: crypto.randomUUID(),
  type: 'Counted',
  attempts: 1,
  failure: { message: 'no', stack: 'here' },
})

/** A step that holds a stream back: parked, or until its back-off is over. */
export const holding = (
  lease: HeldLease,
  after: number,
  stream: HeldStream,
  retryAfter?: number,
): CheckpointStep => ({
  lease,
  after,
  position: stream.position,
  holding: { _tag: 'Hold', stream, ...(retryAfter === undefined ? {} : { retryAfter }) },
})
