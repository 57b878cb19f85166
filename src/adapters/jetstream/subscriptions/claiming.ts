import type { ClaimReport, MissingFilter } from '../../../core/ports/subscription-store'
import { missingIn } from '../../../core/subscription-filter'
import type { LeaseRecord, PartitionRecord, SubscriptionRecord } from './records'

/** Who claims, for how long, and what it reports. */
export interface Claiming {
  readonly instance: string
  /** Milliseconds. */
  readonly duration: number
  readonly report: ClaimReport
}

/** What a claim comes to. */
export interface ClaimPlan {
  readonly subscription: SubscriptionRecord
  /** The partitions that get this owner now, and whether the one before has released them. */
  readonly taken: ReadonlyMap<number, 'released' | 'lost'>
  /** The partitions that the instance has, with those taken now. */
  readonly owned: ReadonlyArray<number>
  readonly share: number
  readonly outdated?: MissingFilter
}

/** How many partitions one claim takes, at most: each is a message of an atomic batch. The next claim takes the others. */
const MOST_TAKEN = 500

const without = (
  instances: SubscriptionRecord['instances'],
  isGone: (instance: string, until: number) => boolean,
): SubscriptionRecord['instances'] =>
  Object.fromEntries(Object.entries(instances).filter(([name, until]) => !isGone(name, until)))

/** Extends the leases of an instance, and gives it its share of the partitions without an owner. */
export const planClaim = (
  known: SubscriptionRecord,
  { instance, duration, report }: Claiming,
  now: number,
): ClaimPlan => {
  const { filter = {}, partitions: reports = [] } = report
  const outdated = missingIn(known.reads, filter)
  if (outdated !== undefined) {
    const subscription: SubscriptionRecord = {
      ...known,
      instances: without(known.instances, (name) => name === instance),
      outdated: { missing: outdated, at: now },
    }
    return { subscription, taken: new Map(), owned: [], share: 0, outdated }
  }
  const instances = {
    ...without(known.instances, (_, until) => until < now),
    [instance]: now + duration,
  }
  const share = Math.ceil(known.leases.length / Object.keys(instances).length)
  const isPaused = known.pausedAt !== undefined
  const taken = new Map<number, 'released' | 'lost'>()
  const owned: number[] = []
  let free = share - known.leases.filter(({ owner }) => owner === instance).length
  const leases = known.leases.map((lease, number): LeaseRecord => {
    if (isPaused) return lease
    const { owner, leasedUntil, isStopped } = lease
    if (owner !== instance) {
      const isFree = isStopped !== true && (owner === undefined || leasedUntil < now)
      if (!isFree || free <= 0 || taken.size >= MOST_TAKEN) return lease
      free -= 1
      taken.set(number, owner === undefined ? 'released' : 'lost')
    }
    owned.push(number)
    const busyFor = reports.find(({ partition }) => partition === number)?.busyFor
    return {
      owner: instance,
      leasedUntil: now + duration,
      heartbeatAt: now,
      ...(isStopped === true ? { isStopped } : {}),
      ...(busyFor === undefined ? {} : { busySince: now - busyFor }),
    }
  })
  return { subscription: { ...known, instances, leases }, taken, owned, share }
}

/** A partition with a new owner. An owner that has not released it may have crashed: that is counted. */
export const takePartition = (
  { attempt, ...partition }: PartitionRecord,
  how: 'released' | 'lost',
): PartitionRecord => ({
  ...partition,
  token: partition.token + 1,
  takeovers: how === 'released' ? 0 : partition.takeovers + 1,
  ...(how === 'released' || attempt === undefined ? {} : { attempt }),
})

/** Its partition has no owner any more. */
export const freeLease = ({ heartbeatAt, isStopped }: LeaseRecord): LeaseRecord => ({
  leasedUntil: 0,
  ...(heartbeatAt === undefined ? {} : { heartbeatAt }),
  ...(isStopped === undefined ? {} : { isStopped }),
})

/** The subscription with another lease for one partition. */
export const withLease = (
  subscription: SubscriptionRecord,
  number: number,
  change: (lease: LeaseRecord) => LeaseRecord,
): SubscriptionRecord => ({
  ...subscription,
  leases: subscription.leases.map((lease, index) => (index === number ? change(lease) : lease)),
})
