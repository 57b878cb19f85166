/** The names of `reprise/jetstream`. */
export {
  jetStream,
  type JetStreamBackend,
  type JetStreamOptions,
  type JetStreamPart,
} from './adapters/jetstream/backend'
export {
  type KvFollowedJetStream,
  type KvSource,
  type KvSubscriptionsOptions,
  withKvSubscriptions,
} from './adapters/jetstream/kv-subscriptions'
export { type FollowedJetStream, type ReadSide, withReadSide } from './adapters/jetstream/read-side'
export type { JetStreamSource } from './adapters/jetstream/source'
export type { KvOperator, KvOperatorOptions } from './adapters/jetstream/subscriptions/operator'
export type { KvTransaction, KvValues } from './adapters/jetstream/subscriptions/values'
