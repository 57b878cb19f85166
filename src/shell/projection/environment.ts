import type { StoreFailed } from '../../core/errors/store'
import type { Backend } from '../../core/ports/backend'
import type { Operator } from '../../core/ports/operator'
import type { Position } from '../../core/stream'
import type {
  RunOptions,
  SubscriptionBackend,
  SubscriptionNotice,
} from '../subscription/environment'

/** The parts of a backend that an asynchronous projection needs. */
export interface ProjectionBackend<Transaction>
  extends SubscriptionBackend<Transaction>, Pick<Backend<Transaction>, 'documents'> {
  /** Omitted: it is not reported what a new build leaves out. */
  readonly operator?: Pick<Operator, 'retired'>
}

/** Where and how a projection runs. */
export interface ProjectionEnvironment<Transaction>
  extends ProjectionBackend<Transaction>, RunOptions<ProjectionNotice> {}

/** What happens to a projection: for logs, metrics and progress bars. */
export type ProjectionNotice =
  | SubscriptionNotice
  /** A build is being made beside the one that readers see: another version, or a rebuild. */
  | {
      readonly _tag: 'BuildBegun'
      readonly projection: string
      /** The version that it was declared with. */
      readonly version: number
      /** Its number among the builds of that version: 1, 2, ... */
      readonly build: number
    }
  /** That build cannot see what was archived or truncated. Reported at its beginning, if there is anything. */
  | {
      readonly _tag: 'BuildLeavesOut'
      readonly projection: string
      /** The version that it was declared with. */
      readonly version: number
      /** Its number among the builds of that version: 1, 2, ... */
      readonly build: number
      /** How many streams are in the archive, of whatever category. 0 or more. */
      readonly archivedStreams: number
      /** How many events they have. 0 or more. */
      readonly archivedEvents: number
      /** How many streams begin with a summary. 0 or more. */
      readonly truncatedStreams: number
      /** In the place of how many events these summaries stand. 0 or more. */
      readonly truncatedEvents: number
    }
  /** How far that build is, and which position it must reach to take over. */
  | {
      readonly _tag: 'BuildProgress'
      readonly projection: string
      readonly reached: Position
      readonly target: Position
    }
  /**
   * That build has caught up, but does not take over: `held` of its streams are held or of its partitions stopped.
   * Retry or skip them, or fix the code and raise the version.
   */
  | {
      readonly _tag: 'BuildHeldBack'
      readonly projection: string
      /** The version that it was declared with. */
      readonly version: number
      /** Its number among the builds of that version: 1, 2, ... */
      readonly build: number
      /** How many streams are held and partitions stopped. 1 or more. */
      readonly held: number
    }
  /**
   * That build may take over, but the store has failed to switch to it: the views of its tables are being read, or
   * something depends on one. It is tried again, several times a second. Reported once for each kind of failure.
   */
  | {
      readonly _tag: 'BuildTroubled'
      readonly projection: string
      /** The version that it was declared with. */
      readonly version: number
      /** Its number among the builds of that version: 1, 2, ... */
      readonly build: number
      readonly error: StoreFailed
    }
  /**
   * This process works no more on a build that readers did not see when it began: it was activated, by this process or
   * another, or a later one has taken over, or it was stopped or removed, or has failed. It is reported last, once for
   * every `BuildBegun`.
   */
  | {
      readonly _tag: 'BuildEnded'
      readonly projection: string
      readonly version: number
      readonly build: number
      /** Why, or the `_tag` of its error. */
      readonly outcome: 'activated' | 'superseded' | 'removed' | 'stopped' | (string & {})
    }
  /** From now on readers see this build. */
  | {
      readonly _tag: 'BuildActivated'
      readonly projection: string
      /** The version that it was declared with. */
      readonly version: number
      /** Its number among the builds of that version: 1, 2, ... */
      readonly build: number
    }
