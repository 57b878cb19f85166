import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type Limits, limitsOf } from '../../core/limits'
import { functionSetting } from '../../core/setting'
import type { ArchiveFiles } from '../../core/ports/archive-files'
import { readArchivedFrom } from '../../archive/archived-events'
import type { Backend } from '../../core/ports/backend'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventStore } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { ShardPart } from '../../core/ports/shard'
import type { Transfer } from '../../core/ports/transfer'
import { localWakeUps, type WakeUps } from '../../core/ports/wake-ups'
import type { PersonalDataOptions } from '../../personal/key-ring'
import { sealingWith } from '../../personal/sealed-backend'
import { memoryDocuments, type MemoryTransaction } from './documents'
import { emptyLog } from './log'
import { memoryOperator, type MemoryOperatorOptions } from './operator'
import { memoryProjections } from './read-models'
import { memoryOutbox } from './outbox-store'
import { memoryStore } from './store'
import { memorySubjectKeys } from './subject-keys'
import { memorySubscriptions } from './subscription-store'
import { emptyTagIndex } from './tag-index'
import { memoryTransfer } from './transfer'

/** The options of {@link memory}. Every key is optional. An invalid limit is never rejected: see {@link Limits}. */
export interface MemoryOptions {
  readonly limits?: Partial<Limits>
  /**
   * The clock of events, leases and timers, in milliseconds since 1970-01-01 UTC. Default `Date.now`, as it is when
   * `memory` is called: one that a test has faked by then stands still until the test moves it, and so do retries,
   * leases and timers.
   */
  readonly now?: () => number
  /** Read models that are updated inside the append. They must not append to this backend themselves. */
  readonly inline?: ReadonlyArray<InlineProjection<MemoryTransaction>>
  /** The lineage, for checkpoints that are stored elsewhere. 1 to 255 characters. Default: a new one. */
  readonly lineage?: string
  /** For codecs with `personal` fields. Omitted: what they give is refused. */
  readonly personalData?: PersonalDataOptions
  /** Where archived streams are read whose events are in files. Omitted: such a read fails with `ArchiveUnreadable`. */
  readonly archiveFiles?: ArchiveFiles
  /** The options of the operator. */
  readonly operator?: Pick<MemoryOperatorOptions, 'thresholds' | 'countUpTo'>
}

/** Everything in memory. */
export interface MemoryBackend extends Backend<MemoryTransaction> {
  readonly store: EventStore & BoundaryStore
  /** As one of several shards: see `sharded`. */
  readonly asShard: ShardPart<EventStore & BoundaryStore>
  /** Takes everything out of the store, and brings it into another one. */
  readonly transfer: Transfer
}

/** Signals every successful append. */
const signalling = (
  store: EventStore & BoundaryStore,
  { signal }: WakeUps,
): EventStore & BoundaryStore => {
  const signalled =
    <Failure, Stored>(append: TE.TaskEither<Failure, Stored>): TE.TaskEither<Failure, Stored> =>
    () =>
      append().then((answer) => {
        if (E.isRight(answer)) signal()
        return answer
      })
  return {
    ...store,
    append: (request) => signalled(store.append(request)),
    appendTogether: (request) => signalled(store.appendTogether(request)),
  }
}

/**
 * The reference: everything in the memory of one process, with the behaviour of every other backend. For tests,
 * examples and first steps; nothing outlives the process. Never fails.
 *
 * @example
 * const backend = memory()
 * const accounts = openCategory(account, backend)
 */
export const memory = ({
  limits = {},
  now: clock,
  inline = [],
  lineage = crypto.randomUUID(),
  personalData,
  archiveFiles,
  operator = {},
}: MemoryOptions = {}): MemoryBackend => {
  const now = functionSetting(clock, Date.now)
  const transactions = memoryDocuments()
  const documents = memoryProjections(transactions, now)
  const wakeUps = localWakeUps()
  const current = { current: lineage }
  const tags = emptyTagIndex()
  const log = emptyLog(current, tags)
  const subjectKeys = memorySubjectKeys(log)
  const sealing = sealingWith<MemoryTransaction>(subjectKeys, personalData)
  const { store, asShard } = memoryStore({
    limits: limitsOf(limits),
    now,
    transactions,
    inline: { projections: sealing.inline(inline), documents },
    lineage: current,
    tags,
    log,
    readArchived: readArchivedFrom(archiveFiles),
  })
  return {
    store: signalling(sealing.store(store), wakeUps),
    asShard: {
      ...asShard,
      storeBy: (stamp) => signalling(sealing.store(asShard.storeBy(stamp)), wakeUps),
    },
    subscriptions: memorySubscriptions(transactions, now),
    documents: sealing.documents(documents),
    outbox: sealing.outbox(memoryOutbox(transactions, now)),
    subjectKeys,
    operator: sealing.operator(
      memoryOperator({
        ...operator,
        store,
        lineage: current,
        log,
        documents: transactions,
        now,
        onForgotten: sealing.onForgotten,
      }),
    ),
    transfer: memoryTransfer({
      log,
      declareTags: (category) => void store.declareTags(category)(),
      signal: wakeUps.signal,
    }),
    wakeUps,
    migrate: TE.right({ applied: [], present: [] }),
    close: () => Promise.resolve(),
  }
}
