import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { memorySubscriptions } from '../../../src/adapters/memory/subscription-store'
import { type BrokenReadSide, subscriptionsThat } from './broken-read-side'

/** Subscription stores with a defect each, about leases and held streams. */
export const brokenLeases: ReadonlyArray<BrokenReadSide> = [
  {
    defect: 'gives one lease to whoever asks',
    open: subscriptionsThat((store) => ({
      claim: (name, _instance, duration) => store.claim(name, 'the same for all', duration),
    })),
    noticedBy: [
      'leases: leases each partition to one of ten instances that claim at once',
      'leases: leases nothing to another instance before the lease has expired',
    ],
  },
  {
    defect: 'takes a lease for over at once',
    open: subscriptionsThat((store) => ({
      claim: (name, instance) => store.claim(name, instance, -1),
    })),
    noticedBy: ['leases: leases nothing to another instance before the lease has expired'],
  },
  {
    defect: 'never takes a lease for over',
    open: subscriptionsThat((store) => ({
      claim: (name, instance) => store.claim(name, instance, 3_600_000),
    })),
    noticedBy: ['leases: shares among the instances that are alive and have not left'],
  },
  {
    defect: 'does not raise the token with the owner',
    open: subscriptionsThat((store) => ({
      claim: (name, instance, duration) =>
        pipe(
          store.claim(name, instance, duration),
          TE.map((claim) => ({
            ...claim,
            leases: claim.leases.map((lease) => ({ ...lease, token: 1 })),
          })),
        ),
    })),
    noticedBy: ['leases: leases nothing to an owner that comes back too late'],
  },
  {
    defect: 'forgets what is held back when the owner changes',
    open: subscriptionsThat((store) => ({
      heldStreams: (lease) => (lease.token > 1 ? TE.right([]) : store.heldStreams(lease)),
    })),
    noticedBy: ['held streams: holds back one stream and no other, for the next owner too'],
  },
  {
    defect: 'holds back every stream because of one',
    open: subscriptionsThat((store) => ({
      heldStreams: (lease) =>
        pipe(
          store.heldStreams(lease),
          TE.map((held) => (held.length > 0 ? [...held, 'counter-2'] : held)),
        ),
    })),
    noticedBy: ['held streams: holds back one stream and no other, for the next owner too'],
  },
  {
    defect: 'tries a held stream again before its time',
    open: () => {
      const late = () => Date.now() + 3_600_001
      return subscriptionsThat((_store, documents) => {
        let now = Date.now
        const store = memorySubscriptions(documents, () => now())
        return {
          ...store,
          dueStreams: (lease) => async () => {
            now = late
            const due = await store.dueStreams(lease)()
            now = Date.now
            return due
          },
        }
      })()
    },
    noticedBy: ['held streams: makes a held stream due when its back-off is over, and not before'],
  },
  {
    defect: 'lets go on what was halted',
    open: subscriptionsThat((store) => ({ stop: (lease) => store.release(lease) })),
    noticedBy: ['ending: does nothing after a stop'],
  },
]
