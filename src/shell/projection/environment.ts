import type { Backend } from '../../core/ports/backend'
import type { Position } from '../../core/stream'
import type {
  RunOptions,
  SubscriptionBackend,
  SubscriptionNotice,
} from '../subscription/environment'

/** What an asynchronous projection needs of a backend. */
export interface ProjectionBackend<Transaction>
  extends SubscriptionBackend<Transaction>, Pick<Backend<Transaction>, 'documents'> {}

/** Where and how a projection runs. */
export interface ProjectionEnvironment<Transaction>
  extends ProjectionBackend<Transaction>, RunOptions<ProjectionNotice> {}

/** What happens to a projection: for logs and progress bars. */
export type ProjectionNotice =
  | SubscriptionNotice
  /** A build is being made beside the one that readers see: another version, or a rebuild. */
  | {
      readonly _tag: 'BuildBegun'
      readonly projection: string
      readonly version: number
      readonly build: number
    }
  /** How far that build is, and where it must be to take over. */
  | {
      readonly _tag: 'BuildProgress'
      readonly projection: string
      readonly reached: Position
      readonly target: Position
    }
  /**
   * That build has come far enough, and does not take over: so many of its streams are held back, or of its
   * partitions stopped. Retry or skip them, or fix it and raise the version.
   */
  | {
      readonly _tag: 'BuildHeldBack'
      readonly projection: string
      readonly version: number
      readonly build: number
      readonly held: number
    }
  /** From now on readers see this build. */
  | {
      readonly _tag: 'BuildActivated'
      readonly projection: string
      readonly version: number
      readonly build: number
    }
