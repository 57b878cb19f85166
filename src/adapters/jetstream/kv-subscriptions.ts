import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import type { Administration, FollowedStore, Migrated } from '../../core/ports/backend'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { WakeUps } from '../../core/ports/wake-ups'
import type { StreamId } from '../../core/stream'
import { setting, timeSetting } from '../../core/setting'
import type { JetStreamBackend, JetStreamPart } from './backend'
import { deadlineOf } from './link'
import { makeStream, serverProblem } from './set-up'
import { type Bucket, bucketOf, bucketProblem, wantedBucket } from './subscriptions/bucket'
import { kvOperator, type KvOperator, type KvOperatorOptions } from './subscriptions/operator'
import { kvSubscriptions } from './subscriptions/subscription-store'
import { type KvTransaction, type KvValues, valuesIn } from './subscriptions/values'

/** How subscriptions are kept in key/value buckets. Every key is optional. No number is rejected. */
export interface KvSubscriptionsOptions {
  /** On how many servers they are stored: used by `migrate` only. 1, 3 or 5; default 3. */
  readonly replicas?: number
  /** How long a call takes at most, with everything that it repeats, in milliseconds. 1 or more; default 30,000. */
  readonly timeout?: number
  readonly operator?: KvOperatorOptions
}

/**
 * The events of one of the JetStream streams, and the subscriptions to it. It has no read models, no outbox and no keys of
 * subjects: projections and process managers do not compile on it.
 */
export interface KvSource {
  /** The name of the JetStream stream of the events, and of the bucket. */
  readonly source: string
  readonly store: FollowedStore
  readonly subscriptions: SubscriptionStore<KvTransaction>
  /** What transactions of its subscriptions have written. */
  readonly values: KvValues
  readonly operator: KvOperator
  readonly wakeUps: WakeUps
}

/** Events in JetStream, and subscriptions to them in key/value buckets beside them. */
export interface KvFollowedJetStream extends Administration {
  readonly store: JetStreamBackend['store']
  readonly sources: readonly [KvSource, ...ReadonlyArray<KvSource>]
  /** The source that the events of a stream are in. */
  readonly sourceOf: (streamId: StreamId) => KvSource
  /** See {@link JetStreamBackend.examine}. */
  readonly examine: JetStreamBackend['examine']
}

const MOST_REPLICAS = 5

/**
 * Lets subscriptions follow events in JetStream with nothing beside NATS: their checkpoints and leases are kept in a
 * key/value bucket for each source, named as the source. For effects outside of the store, which happen at least once, and
 * for values in the bucket itself, which are written with the checkpoint, exactly once.
 *
 * All leases go by the clock of the server that leads the bucket, never by that of a process.
 *
 * @param events - from `jetStream`.
 * @param connection - to the same servers, or to others. It stays the caller's, who closes it.
 *
 * @example
 * const connection = await connect({ servers: ['n1:4222', 'n2:4222'], pingInterval: 2_000, timeout: 2_000 })
 * const backend = withKvSubscriptions(jetStream(connection), connection)
 * const running = runSubscription(mails)(backend, { signal })()
 */
export const withKvSubscriptions = (
  events: JetStreamBackend,
  connection: NatsConnection,
  { replicas, timeout, operator = {} }: KvSubscriptionsOptions = {},
): KvFollowedJetStream => {
  const { store, partitionOf, examine } = events
  const bucketFor = ({ source }: JetStreamPart): Bucket =>
    bucketOf(connection, source, timeSetting(timeout, 30_000))
  const followed = (part: JetStreamPart): KvSource => ({
    ...part,
    subscriptions: kvSubscriptions(bucketFor(part)),
    values: valuesIn(bucketFor(part)),
    operator: kvOperator(bucketFor(part), { store: part.store, examineEvents: examine }, operator),
  })
  const [first, ...others] = events.sources
  const sources = [followed(first), ...others.map(followed)] as const
  return {
    store,
    sources,
    examine,
    sourceOf: (streamId) => sources[partitionOf(streamId)] ?? sources[0],
    migrate: async () => {
      const own = await events.migrate()
      if (E.isLeft(own)) return own
      const tooOld = serverProblem(connection.info?.version)
      if (tooOld !== undefined) return E.left(tooOld)
      const names: { readonly [Key in keyof Migrated]: string[] } = {
        applied: [...own.right.applied],
        present: [...own.right.present],
      }
      for (const part of events.sources) {
        const bucket = bucketFor(part)
        const wanted = wantedBucket(bucket, setting(replicas, 3, 1, MOST_REPLICAS))
        const made = await makeStream(bucket, wanted, bucketProblem, deadlineOf(bucket))
        if (E.isLeft(made)) return made
        names[made.right === 'made' ? 'applied' : 'present'].push(wanted.name)
      }
      return E.right(names)
    },
    close: () => Promise.resolve(),
  }
}
