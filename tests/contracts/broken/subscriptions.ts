import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type BrokenReadSide, subscriptionsThat } from './broken-read-side'
import { tick } from './broken-store'

/** A store that asks who owns a partition, and writes later. */
const checkingTooEarly = subscriptionsThat((store, documents) => ({
  commit: (from, work) => async () => {
    const reached = await store.reached(from.lease.subscription)()
    if (E.isRight(reached) && reached.right !== from.after) {
      return store.save({ ...from, position: from.after })()
    }
    const open = documents.begin()
    const worked = await work(open.transaction)()
    await tick()
    if (E.isLeft(worked)) return worked
    open.commit()
    await store.save({ ...from, ...worked.right })()
    return E.right(undefined)
  },
}))

/** Subscription stores with a defect each, about checkpoints and effects. */
export const brokenSubscriptions: ReadonlyArray<BrokenReadSide> = [
  {
    defect: 'forgets the tags that were declared',
    open: subscriptionsThat((store) => ({
      register: ({ tags: _tags, ...subscription }) => store.register(subscription),
      claim: (
        name,
        instance,
        duration,
        { filter: { tags: _tags, ...filter } = {}, ...report } = {},
      ) => store.claim(name, instance, duration, { ...report, filter }),
    })),
    noticedBy: ['filters: treats tags as it treats types and categories'],
  },
  {
    defect: 'commits the effect before the checkpoint, in another transaction',
    open: subscriptionsThat((store, documents) => ({
      commit: (from, work) => async () => {
        const open = documents.begin()
        const worked = await work(open.transaction)()
        if (E.isLeft(worked)) return worked
        open.commit()
        return store.save({ ...from, ...worked.right })()
      },
    })),
    noticedBy: [
      'steps: keeps nothing of the effect of an owner that was fenced off',
      'steps: writes nothing when the checkpoint is not at the expected position',
      'steps: lets one of ten equal steps through, with its effect',
    ],
  },
  {
    defect: 'commits the checkpoint before the effect, in another transaction',
    open: subscriptionsThat((store, documents) => ({
      commit: (from, work) =>
        pipe(
          store.save({ ...from, position: from.after + 3 }),
          TE.flatMap(() => async () => {
            const open = documents.begin()
            const worked = await work(open.transaction)()
            if (E.isLeft(worked)) return worked
            open.commit()
            return E.right(undefined)
          }),
        ),
    })),
    noticedBy: ['steps: keeps neither effect nor step when the work fails'],
  },
  {
    defect: 'keeps what failing work has written',
    open: subscriptionsThat((store, documents) => ({
      commit: (progress, work) =>
        store.commit(progress, () => async () => {
          const open = documents.begin()
          const worked = await work(open.transaction)()
          open.commit()
          return worked
        }),
    })),
    noticedBy: ['steps: keeps neither effect nor step when the work fails'],
  },
  {
    defect: 'saves a checkpoint whoever owns the partition',
    open: () => {
      const newest = new Map<string, number>()
      return subscriptionsThat((store) => ({
        claim: (name, instance, duration) =>
          pipe(
            store.claim(name, instance, duration),
            TE.map((claim) => {
              for (const { token } of claim.leases) newest.set(name, token)
              return claim
            }),
          ),
        save: ({ lease, ...step }) => {
          const token = newest.get(lease.subscription) ?? lease.token
          return store.save({ ...step, lease: { ...lease, token } })
        },
      }))()
    },
    noticedBy: [
      'steps: saves nothing for an owner that was fenced off',
      'held streams: holds nothing back for an owner that was fenced off',
    ],
  },
  {
    defect: 'asks who owns the partition some time before it writes',
    open: checkingTooEarly,
    noticedBy: ['steps: lets one of ten equal steps through, with its effect'],
  },
  {
    defect: 'saves a checkpoint wherever it was before',
    open: subscriptionsThat((store) => ({
      save: (progress) => async () => {
        const reached = await store.reached(progress.lease.subscription)()
        const after = E.isRight(reached) ? (reached.right ?? progress.after) : progress.after
        return store.save({ ...progress, after })()
      },
    })),
    noticedBy: ['steps: writes nothing when the checkpoint is not at the expected position'],
  },
  {
    defect: 'knows of a checkpoint where it is, and not in which store',
    open: subscriptionsThat((store) => ({
      claim: (name, instance, duration) =>
        pipe(
          store.claim(name, instance, duration),
          TE.map((claim) => ({
            ...claim,
            leases: claim.leases.map(({ lineage: _lineage, ...lease }) => lease),
          })),
        ),
    })),
    noticedBy: [
      'lineages: keeps the lineage that a step names, for the next owner, and with later steps',
      'lineages: keeps the lineage of a step together with its effect',
    ],
  },
]
