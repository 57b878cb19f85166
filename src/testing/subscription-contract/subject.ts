import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { FencedOff, HandlerFailed } from '../../core/errors/subscription'
import type {
  Claim,
  HeldLease,
  HeldStream,
  NewSubscription,
  Progress,
  SubscriptionStore,
} from '../../core/ports/subscription-store'
import type { ChapterOn, Opened } from '../chapters'
import { eventually } from '../patience'
import { succeeds } from '../store-contract/checks'

/** Leaves a mark in the transaction that it belongs to. */
export type Mark = (name: string) => TaskEither<StoreFailed, void>

/** A store whose transactions leave marks. */
export interface MarkingStore extends Omit<SubscriptionStore<never>, 'commit'> {
  /** The whole step, with what `work` writes. */
  readonly commit: (
    progress: Progress,
    work: (leave: Mark) => TaskEither<HandlerFailed | StoreFailed, void>,
  ) => TaskEither<CommitError, void>
  /** The step ends where `work` says. */
  readonly commitTo: SubscriptionStore<Mark>['commit']
}

type CommitError = HandlerFailed | StoreFailed | FencedOff

/** What the tests run on. Work in a transaction gets {@link Mark} in place of the adapter's own. */
export interface Subscriptions extends Opened {
  readonly store: MarkingStore
  /** The same data over other connections; the same one, if there is no other. */
  readonly second: MarkingStore
  readonly isMarked: (name: string) => TaskEither<StoreFailed, boolean>
}

export type Chapter = ChapterOn<Subscriptions>

/** The same store, whose transactions are seen as what they are good for here: leaving marks. */
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
/** Over soon. */
export const SHORT = 50

/** A name that nobody has used before. */
export const freshName = (): string => `contract-${crypto.randomUUID()}`

/** Creates a subscription that nobody has used before, and answers its name. */
export const created = async (
  { store }: Subscriptions,
  first: Partial<Omit<NewSubscription, 'name'>> = {},
): Promise<string> => {
  const name = freshName()
  await succeeds(store.register({ partitions: 1, position: 0, ...first, name }))
  return name
}

export const claim = (
  store: Subscriptions['store'],
  name: string,
  instance: string,
  duration = LONG,
): Promise<Claim> => succeeds(store.claim(name, instance, duration))

/** The one lease that the instance gets, as soon as it gets one. */
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

/** A lease that has run out, and the one of the new owner. */
export const takenOver = async ({ store, second }: Subscriptions, name: string) => {
  const old = await claimOne(store, name, 'old', SHORT)
  return { old, next: await claimOne(second, name, 'next') }
}

export const stepTo = (
  lease: HeldLease,
  position: number,
  after: number = lease.position,
): Progress => ({ lease, after, position })

export const aHeldStream = (streamId: string, position: number): HeldStream => ({
  streamId,
  version: 2,
  position,
  eventId: crypto.randomUUID(),
  type: 'Counted',
  attempts: 1,
  failure: { message: 'no', stack: 'here' },
})

/** A step that holds a stream back: parked, or until its time has come. */
export const holding = (
  lease: HeldLease,
  after: number,
  stream: HeldStream,
  retryAfter?: number,
): Progress => ({
  lease,
  after,
  position: stream.position,
  holding: { _tag: 'Hold', stream, ...(retryAfter === undefined ? {} : { retryAfter }) },
})
