import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../core/errors/store'
import { type HandlerFailed, leaseLost, type LeaseLost } from '../../../core/errors/subscription'
import { partitionsRefusal } from '../../../core/operator/actions'
import type {
  Claim,
  ClaimReport,
  HeldLease,
  Lease,
  SubscriptionStore,
} from '../../../core/ports/subscription-store'
import { type Deadline, deadlineOf } from '../link'
import { type Bucket, openingBucket, purgeSubscription } from './bucket'
import { changing, type Decided, type Looked } from './changing'
import { savingSteps } from './checkpoints'
import { freeLease, planClaim, takePartition, withLease } from './claiming'
import { heldIn } from './held'
import type { PartitionRecord, SubscriptionRecord } from './records'
import { register } from './registering'
import { beginTransaction, type KvTransaction } from './values'

type Committed = Promise<E.Either<StoreFailed | LeaseLost | HandlerFailed, void>>

const NO_CLAIM: Claim = { leases: [], share: 0, stopped: [] }

/** Which partitions the answer to a claim speaks of. */
const ofClaim = (
  subscription: SubscriptionRecord,
  owned: ReadonlyArray<number>,
): ReadonlyArray<number> => [
  ...owned,
  ...subscription.leases.flatMap(({ isStopped }, number) =>
    isStopped === true && !owned.includes(number) ? [number] : [],
  ),
]

const leaseOf = (
  name: string,
  partition: number,
  { token, position, takeovers, lineage }: PartitionRecord,
): HeldLease => ({
  subscription: name,
  partition,
  token,
  position,
  takeovers,
  ...(lineage === undefined ? {} : { lineage }),
})

/** Claims partitions, and decides with what the records say at that moment. */
const claimIn = async (
  bucket: Bucket,
  name: string,
  claiming: Parameters<typeof planClaim>[1],
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Claim>> => {
  const decide = ({ subscription, partitions, now }: Looked): Decided<Claim> => {
    const plan = planClaim(subscription, claiming, now)
    const { share, outdated } = plan
    if (outdated !== undefined) {
      return { answer: { ...NO_CLAIM, outdated }, subscription: plan.subscription }
    }
    const all = new Map(partitions)
    const changed = new Map<number, PartitionRecord>()
    const change = (number: number, to: (partition: PartitionRecord) => PartitionRecord): void => {
      const before = all.get(number)
      if (before === undefined) return
      all.set(number, to(before))
      changed.set(number, to(before))
    }
    for (const [number, how] of plan.taken) change(number, (one) => takePartition(one, how))
    for (const { partition, trouble } of claiming.report.partitions ?? []) {
      if (trouble === undefined || !plan.owned.includes(partition)) continue
      change(partition, (one) => ({ ...one, lastTrouble: { ...trouble, at: now } }))
    }
    const answer: Claim = {
      share,
      leases: plan.owned.flatMap((number) => {
        const one = all.get(number)
        return one === undefined ? [] : [leaseOf(name, number, one)]
      }),
      stopped: [...all]
        .sort(([left], [right]) => left - right)
        .flatMap(([partition, { failure }]) =>
          failure === undefined ? [] : [{ partition, failure }],
        ),
    }
    return { answer, subscription: plan.subscription, partitions: changed }
  }
  const numbers = (subscription: SubscriptionRecord, now: number): ReadonlyArray<number> => {
    const { outdated, owned } = planClaim(subscription, claiming, now)
    return outdated === undefined ? ofClaim(subscription, owned) : []
  }
  const claimed = await changing(bucket, { name, numbers }, decide, deadline)
  return E.isLeft(claimed) ? claimed : E.right(claimed.right ?? NO_CLAIM)
}

/** Subscriptions in a key/value bucket. */
export const kvSubscriptions = (bucket: Bucket): SubscriptionStore<KvTransaction> => {
  const open = openingBucket(bucket)
  const saveStep = savingSteps(bucket)

  /** Runs something once the bucket is known to be usable. */
  const opened =
    <Failure, Answered>(
      work: (deadline: Deadline) => Promise<E.Either<Failure | StoreFailed, Answered>>,
    ): TaskEither<Failure | StoreFailed, Answered> =>
    async () => {
      const deadline = deadlineOf(bucket)
      const usable = await open(deadline)
      return E.isLeft(usable) ? usable : work(deadline)
    }

  /** Changes something as the owner of a partition. */
  const owning = <Answered>(
    lease: Lease,
    decide: (own: PartitionRecord, looked: Looked) => Decided<Answered>,
  ): TaskEither<StoreFailed | LeaseLost, Answered> =>
    opened<LeaseLost, Answered>(async (deadline) => {
      const { subscription: name, partition, token } = lease
      const reading = {
        name,
        lease,
        numbers: ({ leases }: SubscriptionRecord) => (partition < leases.length ? [partition] : []),
      }
      const changed = await changing<{ readonly answer: Answered } | undefined>(
        bucket,
        reading,
        (looked) => {
          const own = looked.partitions.get(partition)
          if (own?.token !== token) return { answer: undefined }
          const decided = decide(own, looked)
          return { ...decided, answer: { answer: decided.answer } }
        },
        deadline,
      )
      if (E.isLeft(changed)) return changed
      return changed.right === undefined
        ? E.left(leaseLost(name, partition, token))
        : E.right(changed.right.answer)
    })

  const free = (
    { partition }: Lease,
    { subscription }: Looked,
    own: PartitionRecord,
  ): Pick<Decided<undefined>, 'subscription' | 'partitions'> => ({
    subscription: withLease(subscription, partition, freeLease),
    partitions: new Map([[partition, { ...own, token: own.token + 1 }]]),
  })

  return {
    ...heldIn(bucket, opened),
    register: (subscription) => {
      const refused = partitionsRefusal(subscription)
      return refused === undefined
        ? opened((deadline) => register(bucket, subscription, deadline))
        : TE.left(refused)
    },
    claim: (name, instance, duration, report: ClaimReport = {}) =>
      opened((deadline) => claimIn(bucket, name, { instance, duration, report }, deadline)),
    prolong: (lease, duration) =>
      owning(lease, (_, { subscription, now }) => ({
        answer: undefined,
        subscription: withLease(subscription, lease.partition, (one) => ({
          ...one,
          leasedUntil: now + duration,
          heartbeatAt: now,
        })),
      })),
    release: (lease) =>
      opened(async () => {
        const released = await owning(lease, (own, looked) => ({
          answer: undefined,
          ...free(lease, looked, own),
        }))()
        if (E.isRight(released)) return released
        return released.left._tag === 'StoreFailed' ? E.left(released.left) : E.right(undefined)
      }),
    leave: (name, instance) =>
      opened(async (deadline) => {
        const left = await changing(
          bucket,
          { name, numbers: () => [] },
          ({ subscription }) => {
            const { [instance]: own, ...instances } = subscription.instances
            return own === undefined
              ? { answer: undefined }
              : { answer: undefined, subscription: { ...subscription, instances } }
          },
          deadline,
        )
        return E.map(() => undefined)(left)
      }),
    noteAttempt: (lease, what) =>
      owning(lease, (own) => {
        const times = (own.attempt?.what === what ? own.attempt.times : 0) + 1
        return {
          answer: times,
          partitions: new Map([[lease.partition, { ...own, attempt: { what, times } }]]),
        }
      }),
    forgetAttempts: (lease) =>
      owning(lease, ({ attempt: _attempt, ...own }) => ({
        answer: undefined,
        partitions: new Map([[lease.partition, { ...own, takeovers: 0 }]]),
      })),
    save: (step) => opened(() => saveStep(step, [])),
    commit: ({ lease, after }, work) =>
      opened(async (): Committed => {
        const { transaction, changes } = beginTransaction()
        const worked = await work(transaction)()
        return E.isLeft(worked) ? worked : saveStep({ ...worked.right, lease, after }, changes())
      }),
    stop: (lease, failure) =>
      owning(lease, (own, looked) => ({
        answer: undefined,
        subscription: withLease(looked.subscription, lease.partition, (one) => ({
          ...freeLease(one),
          isStopped: true,
        })),
        partitions: new Map([[lease.partition, { ...own, token: own.token + 1, failure }]]),
      })),
    remove: (name) =>
      opened(async (deadline) => {
        const removed = await changing<string>(
          bucket,
          { name, numbers: () => [] },
          ({ subscription }) => ({ answer: subscription.id, subscription: 'removed' }),
          deadline,
        )
        if (E.isLeft(removed)) return removed
        if (removed.right === undefined) return E.right(false)
        const purged = await purgeSubscription(bucket, removed.right)
        return E.isLeft(purged) ? purged : E.right(true)
      }),
  }
}
