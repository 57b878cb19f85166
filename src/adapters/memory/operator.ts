import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { subscriptionNotFound } from '../../core/errors/operator'
import { noEarlierBuild } from '../../core/errors/projection'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import type { ReadError } from '../../core/errors/unions'
import {
  countUpToOf,
  filtersFinding,
  horizonFinding,
  type OperatorThresholds,
  ownersFinding,
  parkedFinding,
  projectionsFinding,
  tagsFinding,
  thresholdsOf,
} from '../../core/operator/finding'
import type { PartitionStatus } from '../../core/operator/status'
import type { EventStore } from '../../core/ports/event-store'
import { neverInvalid } from '../../core/ports/never-invalid'
import type { Operator } from '../../core/ports/operator'
import { processSubscription } from '../../core/process-manager'
import { memoryBuilds } from './builds'
import type { MemoryDocuments } from './documents'
import { memoryActions } from './operator-actions'
import { memoryAudit } from './operator-audit'
import { inSubscription, memoryHolding } from './operator-holding'
import { buildOf, type MemoryOutlook, statusOf } from './operator-status'
import { readSideOf } from './read-side-state'
import { bothOf } from '../../core/subscription-filter'
import { emptyLog, type MemoryLineage, type MemoryLog } from './log'
import { memoryArchiving } from './operator-archiving'
import { memoryClosing } from './operator-closing'
import { memoryErasing } from './operator-erasing'
import { memoryMovingToFiles } from './operator-moving-to-files'
import { memoryTruncating } from './operator-truncating'
import { memoryTags } from './operator-tags'
import { memoryForgetting } from './subject-keys'
import { emptyTagIndex } from './tag-index'
import { deleteCommand, listOutbox, storeCommand } from './outbox-store'

/** The options of {@link memoryOperator}. */
export interface MemoryOperatorOptions {
  readonly store: Pick<EventStore, 'read' | 'readAll'>
  /** That of the store. */
  readonly lineage: MemoryLineage
  /** What the store holds. Default: nothing. */
  readonly log?: MemoryLog
  /** Called when something was forgotten, or erased, that states in memory may be made of. Default: nothing. */
  readonly onForgotten?: () => void
  /** Those of the subscriptions, read models and outbox that are operated. */
  readonly documents: MemoryDocuments
  /** The store's clock, in milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number
  readonly thresholds?: Partial<OperatorThresholds>
  /** The limit up to which the lag is counted, in events. 1 to 1,000,000. Default 100,000. */
  readonly countUpTo?: number
}

const MOST_NAMES = 20

/** A read of a memory store cannot fail; one of another store may. */
const toStoreFailed = (error: ReadError): StoreFailed =>
  error._tag === 'StoreFailed' ? error : storeFailed('Unexpected', 'nothingWritten', error)

/**
 * The operator of a store in the memory of one process.
 *
 * @example
 * const operator = memoryOperator({ store, lineage: { current: 'one' }, documents })
 */
export const memoryOperator = ({
  store,
  lineage,
  log = emptyLog(lineage, emptyTagIndex()),
  documents,
  now = Date.now,
  thresholds = {},
  countUpTo,
  onForgotten = () => undefined,
}: MemoryOperatorOptions): Operator => {
  const state = readSideOf(documents)
  const { tags } = log
  const { subscriptions } = state
  const outlook: MemoryOutlook = { store, documents, state, now, countUpTo: countUpToOf(countUpTo) }
  const limits = thresholdsOf(thresholds)
  const builds = memoryBuilds(state, now)
  const audit = memoryAudit(now)

  const last = async (): Promise<E.Either<StoreFailed, number>> => {
    // An empty list of types selects no event, so this only reads the end of the store.
    const page = await neverInvalid(store.readAll({ after: 0, limit: 1, types: [] }))()
    return E.isLeft(page) ? E.left(toStoreFailed(page.left)) : E.right(page.right.upTo)
  }
  const onSubscription = inSubscription(subscriptions)
  const status =
    (name?: string): ReturnType<Operator['status']> =>
    async () => {
      const all: PartitionStatus[] = []
      for (const [subscription, known] of [...subscriptions].sort()) {
        if (name !== undefined && name !== subscription) continue
        const found = await statusOf(outlook, subscription, known)
        if (E.isLeft(found)) return E.left(toStoreFailed(found.left))
        all.push(...found.right)
      }
      return E.right(all)
    }
  const horizon = pipe(
    last,
    TE.map((position) => ({ horizon: position, last: position, holders: [] })),
  )

  return {
    ...memoryHolding(outlook),
    recordAction: audit.recordAction,
    recordOutcome: audit.recordOutcome,
    audit: audit.audit,
    ...memoryActions(outlook, async () =>
      pipe(
        await last(),
        E.getOrElse(() => 0),
      ),
    ),
    ...memoryClosing(log, audit),
    ...memoryArchiving({ log, state, audit }),
    ...memoryMovingToFiles(log, audit),
    ...memoryTruncating({ log, state, audit }, onForgotten),
    ...memoryErasing({ log, documents, state, audit, onForgotten }),
    ...memoryForgetting(log, audit, onForgotten),
    ...memoryTags(
      tags,
      pipe(
        horizon,
        TE.map(({ last: position }) => position),
      ),
    ),
    status,
    find: (name) => () => {
      const active = state.builds.get(name)?.collection ?? ''
      const found = [name, processSubscription(name), active].find((one) => subscriptions.has(one))
      if (found !== undefined) {
        const projection = buildOf(state, found)?.projection
        return Promise.resolve(E.right({ subscription: found, projection }))
      }
      const known = [...subscriptions.keys()].sort().slice(0, MOST_NAMES)
      return Promise.resolve(E.left(subscriptionNotFound(name, known)))
    },
    pause: (name) =>
      onSubscription(name, (known) => {
        known.pausedAt ??= now()
      }),
    unpause: (name) =>
      onSubscription(name, (known) => {
        known.pausedAt = undefined
      }),
    narrow: (name, filter) =>
      onSubscription(name, (known) => {
        known.reads = bothOf(known.reads, filter)
      }),
    builds: (projection) => TE.fromIO(() => builds.list(projection)),
    rollBack: (projection, from) => () => {
      builds.rollBack(projection, from)
      const active = builds.active(projection)
      const isUnchanged =
        active === undefined || (active.version === from.version && active.build === from.build)
      return Promise.resolve(isUnchanged ? E.left(noEarlierBuild(projection)) : E.right(active))
    },
    outbox: (process, { which, after, limit }) =>
      TE.fromIO(() => {
        const found = listOutbox(state, documents, process).filter(
          ({ parked, sequence }) => sequence > after && (which === 'all' || parked),
        )
        return { commands: found.slice(0, limit), more: found.length > limit }
      }),
    decideCommands: (process, decision, ids) =>
      TE.fromIO(() => {
        const { transaction, commit } = documents.begin()
        const parked = listOutbox(state, documents, process).filter(
          (command) => command.parked && ids.includes(command.id),
        )
        for (const command of parked) {
          if (decision === 'skip') deleteCommand(transaction, process, command.id)
          else storeCommand(state, transaction, { ...command, parked: false, dueAt: now() })
        }
        commit()
        return parked.map(({ id }) => id)
      }),
    newLineage: () =>
      pipe(
        last,
        TE.map((highest) => {
          const before = lineage.current
          lineage.current = crypto.randomUUID()
          for (const { partitions } of subscriptions.values()) {
            for (const partition of partitions) {
              const isOurs = partition.lineage === before && partition.position <= highest
              if (isOurs) partition.lineage = lineage.current
            }
          }
          return lineage.current
        }),
      ),
    horizon: () => horizon,
    examine: () =>
      pipe(
        TE.Do,
        TE.bind('bound', () => horizon),
        TE.bind('partitions', () => status()),
        TE.map(({ bound, partitions }) => [
          horizonFinding(bound),
          ownersFinding(partitions, limits),
          filtersFinding(partitions, limits),
          parkedFinding(partitions),
          projectionsFinding(partitions, limits),
          tagsFinding([...tags.categories.values()]),
        ]),
      ),
  }
}
