import type { Projections } from '../../core/ports/projection-store'
import type { Position } from '../../core/stream'
import type { SubscriptionEnvironment, SubscriptionNotice } from '../subscription/environment'

/** What an asynchronous projection lives in. Documents and checkpoints lie in the same database. */
export interface ProjectionEnvironment<Transaction> extends Omit<
  SubscriptionEnvironment<Transaction>,
  'observe'
> {
  readonly projections: Projections<Transaction>
  /** Told what happens. It must not throw. Default: nobody is told. */
  readonly observe?: (notice: ProjectionNotice) => void
}

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
  /** From now on readers see this build. */
  | {
      readonly _tag: 'BuildActivated'
      readonly projection: string
      readonly version: number
      readonly build: number
    }
