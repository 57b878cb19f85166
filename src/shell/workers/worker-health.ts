import type { ProjectionNotice } from '../projection/environment'

/**
 * - `starting`: the store has not taken it on yet.
 * - `running`: it works, or waits for its turn.
 * - `troubled`: it runs, and retries what fails: the store does not answer, say.
 * - `restarting`: it has ended, and is started again after a pause.
 * - `failed`: it has ended, and is not started again by this process.
 * - `ended`: it has done what it was to do, or was stopped.
 */
export type WorkerState = 'starting' | 'running' | 'troubled' | 'restarting' | 'failed' | 'ended'

/** How a worker is. Times in milliseconds since 1970-01-01 UTC, by this machine's clock. */
export interface WorkerHealth {
  /** Its key in the record that was started. */
  readonly name: string
  readonly state: WorkerState
  /** Since when it is in that state. Milliseconds since 1970-01-01 UTC. */
  readonly since: number
  /** How often it was started again. 0 or more. */
  readonly restarts: number
  /**
   * The last failure, which may be over, and when it was (milliseconds since 1970-01-01 UTC). Omitted: there was
   * none.
   */
  readonly lastTrouble?: { readonly at: number; readonly message: string }
}

/** How all of them are. */
export interface WorkersHealth {
  /** Whether each of them is `running` or `ended`, and they were not asked to stop. */
  readonly healthy: boolean
  readonly workers: ReadonlyArray<WorkerHealth>
}

/** What is recorded of one worker. */
export interface WorkerRecord {
  readonly health: () => WorkerHealth
  readonly isHealthy: () => boolean
  readonly starting: () => void
  readonly started: () => void
  readonly restarting: (message: string) => void
  readonly failed: (message: string) => void
  readonly ended: () => void
  /** What it reports may mean trouble, or that it is over. */
  readonly noticed: (notice: ProjectionNotice) => void
}

/** @param name - of the worker. */
export const workerRecord = (name: string): WorkerRecord => {
  /** What fails at the moment: partitions of subscriptions, and the claims. */
  const troubles = new Set<string>()
  let state: WorkerState = 'starting'
  let since = Date.now()
  let restarts = 0
  let lastTrouble: WorkerHealth['lastTrouble']

  const turn = (next: WorkerState): void => {
    if (next === state) return
    state = next
    since = Date.now()
  }
  const note = (message: string): void => {
    lastTrouble = { at: Date.now(), message }
  }
  const begin = (trouble: string, message: string): void => {
    troubles.add(trouble)
    note(message)
    if (state === 'running') turn('troubled')
  }
  const end = (trouble: string): void => {
    troubles.delete(trouble)
    if (state === 'troubled' && troubles.size === 0) turn('running')
  }

  return {
    health: () => ({
      name,
      state,
      since,
      restarts,
      ...(lastTrouble === undefined ? {} : { lastTrouble }),
    }),
    isHealthy: () => state === 'running' || state === 'ended',
    starting: () => {
      if (state === 'restarting') restarts++
      turn('starting')
    },
    started: () => {
      if (state === 'starting') turn(troubles.size === 0 ? 'running' : 'troubled')
    },
    restarting: (message) => {
      troubles.clear()
      note(message)
      turn('restarting')
    },
    failed: (message) => {
      troubles.clear()
      note(message)
      turn('failed')
    },
    ended: () => turn('ended'),
    noticed: (notice) => {
      switch (notice._tag) {
        case 'SubscriptionTroubled':
          begin(`${notice.subscription} ${notice.partition ?? 'claims'}`, notice.error.message)
          break
        case 'SubscriptionRecovered':
          end(`${notice.subscription} ${notice.partition ?? 'claims'}`)
          break
        case 'PartitionPaused':
          begin(`${notice.subscription} ${notice.partition} paused`, notice.failure.message)
          break
        case 'PartitionResumed':
        case 'PartitionEnded':
          end(`${notice.subscription} ${notice.partition} paused`)
          break
        case 'EventFailed':
          note(notice.stream.failure.message)
          break
        case 'CommandFailed':
          note(notice.command.failure.message)
          break
        case 'PartitionStarted':
        case 'StreamReleased':
        case 'FilterOutdated':
        case 'FilterCurrent':
        case 'StopTimedOut':
        case 'CommandRejected':
        case 'BuildBegun':
        case 'BuildLeavesOut':
        case 'BuildProgress':
        case 'BuildHeldBack':
          break
        case 'BuildTroubled':
          begin(`${notice.projection} ${notice.version}.${notice.build}`, notice.error.message)
          break
        case 'BuildActivated':
        case 'BuildEnded':
          end(`${notice.projection} ${notice.version}.${notice.build}`)
          break
      }
    },
  }
}
