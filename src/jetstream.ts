/** The names of `reprise/jetstream`. */
export {
  jetStream,
  type JetStreamBackend,
  type JetStreamOptions,
  type JetStreamPart,
} from './adapters/jetstream/backend'
export { type FollowedJetStream, type ReadSide, withReadSide } from './adapters/jetstream/read-side'
export type { JetStreamSource } from './adapters/jetstream/source'
