import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import { type Limits, limitsOf } from '../../core/limits'
import type { Finding } from '../../core/operator/finding'
import { appendHooks } from '../../core/ports/append-hooks'
import type { Migrated } from '../../core/ports/backend'
import type { StreamStore } from '../../core/ports/event-store'
import type { WakeUps } from '../../core/ports/wake-ups'
import type { StreamId } from '../../core/stream'
import { functionSetting, setting, timeSetting } from '../../core/setting'
import { setImmediate } from '../../platform/node'
import { appendTo } from './append'
import { POSITIONS_PER_MESSAGE } from './commit'
import { examineIn } from './examine'
import { headsOf } from './heads'
import type { Link } from './link'
import { directReads } from './messages'
import { readsOf } from './reads'
import { migrateIn, type Opened, opening } from './set-up'
import { saveSnapshotIn } from './snapshots'
import { type JetStreamSource, sourceOf } from './source'
import { streamsIn } from './stream-lists'
import { isStoreName, subjectsOf } from './subjects'
import { declareTagsIn } from './tag-declarations'
import { connectionWakeUps } from './wake-ups'

/** How a store in JetStream is set up. Every key is optional. No number is rejected: see {@link Limits}. */
export interface JetStreamOptions {
  /** Its JetStream streams and subjects begin with it. 1 to 32 of `A-Z a-z 0-9 _ -`. Default `reprise`. */
  readonly name?: string
  /**
   * Over how many JetStream streams the events are spread, so that several nodes lead: a stream's own partition holds all
   * of it. 1 to 64; default 1. It cannot be changed later, and every process must name the same number.
   */
  readonly partitions?: number
  /** On how many servers everything is stored: used by `migrate` only. 1, 3 or 5; default 3. */
  readonly replicas?: number
  /** How long a call takes at most, with everything that it repeats, in milliseconds. 1 or more; default 30,000. */
  readonly timeout?: number
  /** Those that are left out have their defaults. What is larger than the server's `max_payload` is refused as well. */
  readonly limits?: Partial<Limits>
  /** The clock of events, in milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number
  /** Of how many streams the end is remembered, about 300 bytes each. 1 or more; default 100,000. */
  readonly rememberedStreams?: number
  /** A connection to the servers' system account, for `examine`: only there servers tell when they write to disk. */
  readonly system?: NatsConnection
}

/** The events of one of the JetStream streams. */
export interface JetStreamPart {
  /** The name of the JetStream stream. */
  readonly source: string
  readonly store: JetStreamSource & Pick<StreamStore, 'read'>
  readonly wakeUps: WakeUps
}

/** A store in JetStream. */
export interface JetStreamBackend {
  readonly store: StreamStore
  /** One for each partition, in their order. Their positions have nothing to do with each other. */
  readonly sources: readonly [JetStreamPart, ...ReadonlyArray<JetStreamPart>]
  /** Which of the sources the events of a stream are in, counted from 0. */
  readonly partitionOf: (streamId: StreamId) => number
  /** Makes the JetStream streams. Safe to run from several processes at once, and again. Fails with `StoreFailed`. */
  readonly migrate: TaskEither<StoreFailed, Migrated>
  /** What `doctor` finds: the servers, when they write to their disks, and every stream. Fails with `StoreFailed`. */
  readonly examine: TaskEither<StoreFailed, ReadonlyArray<Finding>>
}

/** On so many servers a stream is at most. */
const MOST_REPLICAS = 5
const MOST_PARTITIONS = 64

const invalidName = (name: string): StoreFailed =>
  storeFailed(
    'InvalidSchemaName',
    'nothingWritten',
    undefined,
    `the name of the store, ${JSON.stringify(name)}, must have 1 to 32 characters of A-Z a-z 0-9 _ -`,
  )

/**
 * A store in NATS JetStream: nats-server 2.12 or newer. Commands are decided and appended as in every store; what follows
 * the events keeps its checkpoints in another backend.
 *
 * @param connection - of `@nats-io/transport-node`, say. It stays the caller's, who closes it. Give it a `pingInterval` of a
 * few seconds, since nothing else notices a server that hangs, and a `timeout` of as many: a server that hangs, or is about to
 * start, takes a connection and does not answer, and by default the client waits for that for 20 seconds.
 *
 * @example
 * const connection = await connect({ servers: ['n1:4222', 'n2:4222'], pingInterval: 2_000, timeout: 2_000 })
 * const accounts = openCategory(account, jetStream(connection, { name: 'shop' }))
 */
export const jetStream = (
  connection: NatsConnection,
  {
    name = 'reprise',
    partitions: givenPartitions,
    replicas,
    timeout,
    limits: givenLimits = {},
    now,
    rememberedStreams,
    system,
  }: JetStreamOptions = {},
): JetStreamBackend => {
  const partitions = setting(givenPartitions, 1, 1, MOST_PARTITIONS)
  const given = limitsOf(givenLimits)
  const limits = {
    ...given,
    eventsPerAppend: Math.min(given.eventsPerAppend, POSITIONS_PER_MESSAGE),
  }
  const link: Link = {
    connection,
    subjects: subjectsOf(name, partitions),
    timeout: timeSetting(timeout, 30_000),
    now: functionSetting(now, Date.now),
  }
  const heads = headsOf(link, setting(rememberedStreams, 100_000, 1, 10_000_000))
  const direct = directReads(connection)
  const open = opening(link)
  const ready = (): Promise<E.Either<StoreFailed, Opened>> =>
    isStoreName(name) ? open() : Promise.resolve(E.left(invalidName(name)))
  const reads = readsOf({ link, direct, heads, ready })
  const { afterAppend, hooked } = appendHooks(setImmediate)

  const sourceAt = (partition: number): JetStreamPart => ({
    source: link.subjects.eventStream(partition),
    store: {
      ...sourceOf({
        link,
        direct,
        partition,
        lineage: async () =>
          E.map(({ lineages }: Opened) => lineages[partition] ?? '')(await ready()),
      }),
      read: reads.read,
    },
    wakeUps: connectionWakeUps(connection, link.subjects.wakeUps(partition)),
  })
  const first = sourceAt(0)
  const others = Array.from({ length: partitions - 1 }, (_, index) => sourceAt(index + 1))
  const sources = [first, ...others] as const

  const append = appendTo({ link, heads, limits, ready })
  const signalling: StreamStore['append'] = (request) => async () => {
    const appended = await append(request)()
    if (E.isRight(appended)) {
      sources[link.subjects.partitionOf(request.streamId)]?.wakeUps.signal()
    }
    return appended
  }
  return {
    store: {
      ...reads,
      append: (request) => hooked([request], signalling(request), (appended) => [appended]),
      afterAppend,
      streams: streamsIn(link, heads, ready),
      saveSnapshot: saveSnapshotIn(link, heads, ready),
      declareTags: declareTagsIn(link, direct, ready),
      sourceNameOf: (streamId) => link.subjects.eventStream(link.subjects.partitionOf(streamId)),
    },
    sources,
    partitionOf: link.subjects.partitionOf,
    migrate: isStoreName(name)
      ? migrateIn(link, setting(replicas, 3, 1, MOST_REPLICAS))
      : () => Promise.resolve(E.left(invalidName(name))),
    examine: examineIn(link, limits, system),
  }
}
