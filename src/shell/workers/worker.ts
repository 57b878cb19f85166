import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed } from '../../core/errors/store'
import type { ProjectionNotice } from '../projection/environment'
import type { RunOptions } from '../subscription/environment'

/** Why a worker has ended: one of the errors of what it runs, or of the application's own. */
export interface WorkerError {
  readonly _tag: string
  readonly message: string
}

/**
 * Something that runs on a backend until it is stopped: `runProjection(…)`, `runSubscription(…)`,
 * `runSubscriptionInTransaction(…)`, `runProcessManager(…)`, or a function of the application's own. Such a function calls
 * `onStarted` once it works; a Right before `signal` is aborted means that there is nothing left to do.
 */
export type Worker<Given> = (
  backend: Given,
  running: RunOptions<ProjectionNotice>,
) => TaskEither<WorkerError, void>

/** What happens to a worker as a whole. */
export type WorkerNotice =
  /** The store has taken it on; also after a restart. */
  | { readonly _tag: 'WorkerStarted'; readonly worker: string }
  /** It has ended, and is started again in `restartsIn` milliseconds. */
  | {
      readonly _tag: 'WorkerEnded'
      readonly worker: string
      readonly error: WorkerError
      /** How often in a row. 1 or more. */
      readonly failures: number
      /** Milliseconds. */
      readonly restartsIn: number
    }
  /** It has ended with an error that cannot go away in this process: it is not started again. */
  | { readonly _tag: 'WorkerFailed'; readonly worker: string; readonly error: WorkerError }

/** What happens to the workers: for logs and metrics. */
export type WorkersNotice = WorkerNotice | ProjectionNotice

/** The error of a worker that throws instead of answering. */
export const workerThrew = (cause: unknown): WorkerError =>
  storeFailed('Unexpected', 'unknown', cause)

const reasonOf = (error: WorkerError): unknown => ('reason' in error ? error.reason : undefined)

/**
 * Whether it is useless to start the worker again in this process.
 *
 * - `SubscriptionRemoved`: an operator has deleted it. Started again it would begin at its declared start.
 * - `StoreFailed`, `InvalidSchemaName`: the schema that the program has named cannot exist.
 *
 * Everything else may go away: by itself (a server that is down, a migration that is under way), or by what an operator
 * does (resume, repartition, rebuild, roll back).
 */
export const isFinal = (error: WorkerError): boolean =>
  error._tag === 'SubscriptionRemoved' || reasonOf(error) === 'InvalidSchemaName'
