import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { invalidOperation } from '../../core/errors/operator'
import { positionError } from '../../core/operator/actions'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import {
  defaultThresholds,
  type Finding,
  horizonFinding,
  projectionsFinding,
} from '../../core/operator/finding'
import type { PartitionStatus } from '../../core/operator/status'
import type { Backend, Migrated, NamedSource, SeveralSources } from '../../core/ports/backend'
import type { EventSource } from '../../core/ports/event-source'
import type { Operator } from '../../core/ports/operator'
import type { WakeUps } from '../../core/ports/wake-ups'
import type { StreamId } from '../../core/stream'
import type { JetStreamBackend, JetStreamPart } from './backend'
import { horizonOf, lagOf } from './followed-events'

/** What keeps checkpoints, read models and the outbox of a source: a backend of its own, whose events are not used. */
export type ReadSide<Transaction> = Omit<Backend<Transaction>, 'store'>

/** Events in JetStream, and what follows them elsewhere. */
export interface FollowedJetStream<Transaction> extends SeveralSources<Transaction> {
  /** The source that the events of a stream are in: where to wait for a position of it, and where its read models are. */
  readonly sourceOf: (streamId: StreamId) => NamedSource<Transaction>
  /** See {@link JetStreamBackend.examine}. */
  readonly examine: JetStreamBackend['examine']
}

/** The checks of a read side that look at the events beside it: here there are none. */
const OF_EVENTS = new Set([
  'positions',
  'lineage',
  'immutability',
  'tags',
  'horizon',
  'projections',
])

const refused =
  (argument: string, reason: string) =>
  (): TaskEither<ReturnType<typeof invalidOperation>, never> =>
  () =>
    Promise.resolve(E.left(invalidOperation(argument, reason)))

const noTags = refused('category', 'has its events in JetStream, where none gets tags later')
const noErasing = refused(
  'stream',
  'has its events in JetStream, where none can be closed, moved or removed',
)

/** The operator of a source: subscriptions are looked at where they are kept, and how far they are behind in JetStream. */
const operatorOf = (
  operator: Operator,
  store: EventSource,
  examineEvents: TaskEither<StoreFailed, ReadonlyArray<Finding>>,
): Operator => {
  const status: Operator['status'] = (subscription) => async () => {
    const found = await operator.status(subscription)()
    if (E.isLeft(found)) return found
    const partitions: PartitionStatus[] = []
    for (const one of found.right) {
      const lag = await lagOf(store, one)
      if (E.isLeft(lag)) return lag
      partitions.push({ ...one, lag: lag.right })
    }
    return E.right(partitions)
  }
  const horizon = horizonOf(store)
  return {
    ...operator,
    status,
    horizon,
    reset: (subscription, position, owners) => async () => {
      const end = await horizon()()
      if (E.isLeft(end)) return end
      const error = positionError(position, end.right.horizon)
      return error === undefined ? operator.reset(subscription, position, owners)() : E.left(error)
    },
    beginTags: noTags,
    saveTags: noTags,
    erase: noErasing,
    closeStream: noErasing,
    truncateStream: noErasing,
    archive: noErasing,
    newLineage: () => () => {
      const cause = new Error('a JetStream stream keeps its lineage')
      return Promise.resolve(
        E.left(storeFailed('Unexpected', 'nothingWritten', cause, 'restore it under another name')),
      )
    },
    examine: () => async () => {
      const [found, events, end, partitions] = [
        await operator.examine()(),
        await examineEvents(),
        await horizon()(),
        await status()(),
      ]
      if (E.isLeft(found)) return found
      if (E.isLeft(events)) return events
      if (E.isLeft(end)) return end
      if (E.isLeft(partitions)) return partitions
      return E.right([
        ...events.right,
        ...found.right.filter(({ check }) => !OF_EVENTS.has(check)),
        horizonFinding(end.right),
        projectionsFinding(partitions.right, defaultThresholds),
      ])
    },
  }
}

/** Hints of both: new events come over the connection, the rest from where it is kept. */
const bothWakeUps = (events: WakeUps, others: WakeUps): WakeUps => ({
  signal: () => {
    events.signal()
    others.signal()
  },
  listen: (wake) => {
    const stops = [events.listen(wake), others.listen(wake)]
    return () => {
      for (const stop of stops) stop()
    }
  },
  isListening: () => (events.isListening?.() ?? false) && (others.isListening?.() ?? false),
})

const followed = <Transaction>(
  { source, store, wakeUps }: JetStreamPart,
  readSide: ReadSide<Transaction>,
  examine: JetStreamBackend['examine'],
): NamedSource<Transaction> => ({
  source,
  store,
  subscriptions: readSide.subscriptions,
  documents: readSide.documents,
  outbox: readSide.outbox,
  subjectKeys: readSide.subjectKeys,
  operator: operatorOf(readSide.operator, store, examine),
  wakeUps: bothWakeUps(wakeUps, readSide.wakeUps),
})

/**
 * Lets subscriptions, projections and process managers follow events in JetStream. Checkpoints, read models and the outbox
 * of each source are kept in a backend of its own: its transactions give exactly once, and its own events are not used.
 *
 * @param events - from `jetStream`.
 * @param readSideOf - called once for each source, by its name: the schema of a database, say.
 *
 * @example
 * const connection = await connect({ servers: ['n1:4222', 'n2:4222'], pingInterval: 2_000, timeout: 2_000 })
 * const pool = new Pool()
 * const backend = withReadSide(jetStream(connection), (schema) =>
 *   postgres(pool, { schema, operator: { events: 'elsewhere' } }),
 * )
 */
export const withReadSide = <Transaction>(
  events: JetStreamBackend,
  readSideOf: (source: string) => ReadSide<Transaction>,
): FollowedJetStream<Transaction> => {
  const { store, partitionOf: partitionOfStream, examine } = events
  const readSides = events.sources.map(({ source }) => readSideOf(source))
  const [firstPart, ...otherParts] = events.sources
  const [firstSide, ...otherSides] = readSides as [ReadSide<Transaction>, ...typeof readSides]
  const sources: SeveralSources<Transaction>['sources'] = [
    followed(firstPart, firstSide, examine),
    ...otherParts.flatMap((part, index) => {
      const side = otherSides[index]
      return side === undefined ? [] : [followed(part, side, examine)]
    }),
  ]
  return {
    store,
    sources,
    examine,
    sourceOf: (streamId) => sources[partitionOfStream(streamId)] ?? sources[0],
    migrate: async () => {
      const names: { readonly [Key in keyof Migrated]: string[] } = { applied: [], present: [] }
      const own = await events.migrate()
      if (E.isLeft(own)) return own
      names.applied.push(...own.right.applied)
      names.present.push(...own.right.present)
      for (const [index, side] of readSides.entries()) {
        const migrated = await side.migrate()
        if (E.isLeft(migrated)) return migrated
        const named = (name: string): string => `${sources[index]?.source ?? ''}: ${name}`
        names.applied.push(...migrated.right.applied.map(named))
        names.present.push(...migrated.right.present.map(named))
      }
      return E.right(names)
    },
    close: async () => {
      await Promise.all(readSides.map(({ close }) => close()))
    },
  }
}
