import { backoff } from '../../core/back-off'
import type { SubscriptionNotice } from './environment'
import { performance } from '../../platform/node'

/** Milliseconds. */
const FIRST_BACKOFF = 100

type Troubled = Extract<SubscriptionNotice, { readonly _tag: 'SubscriptionTroubled' }>

/** What does not work at the moment: reported once when it begins, when it changes, and when it is over. */
export interface Troubles {
  readonly failed: (partition: number | undefined, error: Troubled['error']) => void
  readonly recovered: (partition: number | undefined) => void
  /** Other instances have the other partitions now: their trouble is not this instance's any more. */
  readonly keepOnly: (partitions: ReadonlyArray<number>) => void
  /** How long to wait before the partition is retried, in milliseconds. 0: retry now. */
  readonly waitFor: (partition: number) => number
}

interface Trouble {
  readonly kind: string
  readonly times: number
  readonly until: number
}

const kindOf = (error: Troubled['error']): string =>
  'reason' in error ? `${error._tag} ${error.reason}` : error._tag

/** @param longest - the longest wait before a partition is retried. Milliseconds. */
export const troubles = (
  subscription: string,
  longest: number,
  onNotice: (notice: SubscriptionNotice) => void,
): Troubles => {
  const known = new Map<number | undefined, Trouble>()
  const recovered = (partition: number | undefined): void => {
    if (known.delete(partition)) {
      onNotice({ _tag: 'SubscriptionRecovered', subscription, partition })
    }
  }
  return {
    failed: (partition, error) => {
      const before = known.get(partition)
      const times = (before?.times ?? 0) + 1
      const wait = backoff(FIRST_BACKOFF, longest, times)
      const kind = kindOf(error)
      known.set(partition, { kind, times, until: performance.now() + wait })
      if (before?.kind === kind) return
      onNotice({ _tag: 'SubscriptionTroubled', subscription, partition, error })
    },
    recovered,
    keepOnly: (partitions) => {
      for (const partition of [...known.keys()]) {
        if (partition !== undefined && !partitions.includes(partition)) recovered(partition)
      }
    },
    waitFor: (partition) => Math.max(0, (known.get(partition)?.until ?? 0) - performance.now()),
  }
}
