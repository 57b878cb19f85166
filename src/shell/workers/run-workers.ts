import * as E from 'fp-ts/Either'
import { timeSetting } from '../../core/setting'
import { backoff } from '../../core/back-off'
import { catching } from '../catching'
import type { ProjectionNotice } from '../projection/environment'
import { sleeper } from '../subscription/sleeper'
import { clearTimeout, performance, setTimeout } from '../../platform/node'
import { type Observed, reporter } from '../notices/notices'
import { perSource } from '../sources'
import {
  isFinal,
  type Worker,
  type WorkerError,
  type WorkerNotice,
  type WorkersNotice,
  workerThrew,
} from './worker'
import { type WorkerRecord, workerRecord, type WorkersHealth } from './worker-health'

/**
 * How workers are run. Every key is optional. No number is rejected: NaN counts as omitted, and a number that is out of
 * range as the nearest valid one.
 */
export interface WorkersOptions {
  /** Abort it to stop all of them. */
  readonly signal?: AbortSignal
  /**
   * Signals of the operating system that stop all of them: `['SIGTERM', 'SIGINT']`. The same one once more then ends the
   * process at once, as usual. Default: none, so that a library changes nothing in a process by itself.
   */
  readonly stopOn?: ReadonlyArray<'SIGTERM' | 'SIGINT' | 'SIGHUP'>
  /**
   * How long stopping may take altogether. Milliseconds, 0 or more. Default 25,000: less than the 30 seconds that
   * Kubernetes gives a container, and more than the `stopTimeout` of a subscription.
   */
  readonly stopTimeout?: number
  /** The pause before a worker is started again. It doubles with every failure in a row. Milliseconds. Default 500. */
  readonly firstBackoff?: number
  /** The longest such pause. Milliseconds. Default 30,000. */
  readonly maxBackoff?: number
  /** Called with what happens to the workers, and with what they report. What it throws is ignored. Default: dropped. */
  readonly onNotice?: (notice: WorkersNotice) => void
}

/** A backend may be anything that the workers run on. */
const observed = (backend: unknown): Observed =>
  typeof backend === 'object' && backend !== null ? backend : {}

/** How the workers have ended. */
export interface WorkersEnd {
  /** Those that had not ended when `stopTimeout` was over. Their leases expire by themselves. */
  readonly unfinished: ReadonlyArray<string>
}

/** Workers that run. */
export interface Workers {
  /** How they are now: for a probe. Asks nothing of the store, and never fails. */
  readonly health: () => WorkersHealth
  /** Asks all of them to stop, and waits until they have. Safe to repeat. Never rejects. */
  readonly stop: () => Promise<WorkersEnd>
  /** Settles when they were asked to stop and have ended, or `stopTimeout` is over. Never rejects. */
  readonly ended: Promise<WorkersEnd>
}

interface Settings {
  readonly firstBackoff: number
  readonly maxBackoff: number
  readonly onNotice: (notice: WorkersNotice) => void
  readonly onWorker: (notice: WorkerNotice) => void
}

/** A worker that is to be kept running. */
interface Kept<Given> {
  readonly name: string
  readonly worker: Worker<Given>
  readonly backend: Given
  readonly record: WorkerRecord
  readonly signal: AbortSignal
}

/** Half of the bound or more, by chance: workers that have ended together do not all come back at the same moment. */
const jittered = (bound: number): number => Math.ceil((bound * (1 + Math.random())) / 2)

/** Runs a worker, and starts it again whenever it ends with an error that may go away. */
const keepRunning = async <Given>(
  { name, worker, backend, record, signal }: Kept<Given>,
  { firstBackoff, maxBackoff, onNotice, onWorker }: Settings,
): Promise<void> => {
  let startedAt: number | undefined
  let failures = 0
  const running = {
    signal,
    onNotice: (notice: ProjectionNotice) => {
      record.noticed(notice)
      onNotice(notice)
    },
    onStarted: () => {
      if (startedAt !== undefined) return
      startedAt = performance.now()
      record.started()
      onWorker({ _tag: 'WorkerStarted', worker: name })
    },
  }
  const fail = (error: WorkerError): void => {
    record.failed(error.message)
    onWorker({ _tag: 'WorkerFailed', worker: name, error })
  }
  const isStopped = (): boolean => signal.aborted
  const hasWorkedFor = (): number => (startedAt === undefined ? 0 : performance.now() - startedAt)

  while (!isStopped()) {
    record.starting()
    startedAt = undefined
    const made = catching(() => worker(backend, running)())
    if (E.isLeft(made)) {
      fail(workerThrew(made.left)) // its declaration is wrong
      return
    }
    const ended = await made.right.catch((cause: unknown) => E.left(workerThrew(cause)))
    if (E.isRight(ended) || isStopped()) break
    const error = ended.left
    if (isFinal(error)) {
      fail(error)
      return
    }
    failures = hasWorkedFor() > maxBackoff ? 1 : failures + 1
    const restartsIn = jittered(backoff(firstBackoff, maxBackoff, failures))
    record.restarting(error.message)
    onWorker({ _tag: 'WorkerEnded', worker: name, error, failures, restartsIn })
    await sleeper().sleep(restartsIn, signal)
  }
  record.ended()
}

/** Calls `stop` when one of the signals arrives. Answers how to stop listening. */
const listenTo = (
  signals: NonNullable<WorkersOptions['stopOn']>,
  stop: () => void,
): (() => void) => {
  const unlisten = (): void => {
    for (const name of signals) process.removeListener(name, received)
  }
  const received = (): void => {
    unlisten() // the same signal once more ends the process
    stop()
  }
  for (const name of signals) process.on(name, received)
  return unlisten
}

/** Resolves when `signal` is aborted. */
const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Waits for `done`, but not for longer than so many milliseconds. */
const within = async (milliseconds: number, done: Promise<unknown>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([done, over])
  clearTimeout(timer)
}

/**
 * Keeps projections, subscriptions and process managers running. One that ends with an error (the database was away when
 * it started, a poison policy has stopped it) is started again after a pause that doubles, with jitter; each time it is
 * reported to `onNotice`. One whose error cannot go away in this process is not: it is `failed`, and the health says so.
 *
 * Starts at once, and never fails: what happens is in the notices, and in `health()`.
 *
 * @param workers - by names of your own, for notices and health.
 * @param backend - what all of them run on: `postgres(db)`, `memory()`. With several sources (`sharded`) what follows
 *   events is a worker for each, with a name of its own (`mails on shard-1`): one that fails stops no other.
 *
 * @example
 * const workers = runWorkers(
 *   {
 *     balances: runProjection(balances),
 *     mails: runSubscription(mails),
 *     transfers: runProcessManager(transferring, dispatch, { from: fromEnd }),
 *   },
 *   backend,
 *   { stopOn: ['SIGTERM', 'SIGINT'], onNotice: log },
 * )
 */
export const runWorkers = <Given>(
  workers: Readonly<Record<string, Worker<Given>>>,
  backend: Given,
  options: WorkersOptions = {},
): Workers => {
  const { signal, stopOn = [], onNotice } = options
  const stopping = new AbortController()
  const settings = {
    firstBackoff: timeSetting(options.firstBackoff, 500),
    maxBackoff: timeSetting(options.maxBackoff, 30_000),
    onNotice: (notice: WorkersNotice) => void catching(() => onNotice?.(notice)),
    // What the workers report themselves they tell the backend as well; what happens to them, only this does.
    onWorker: reporter<WorkerNotice>(
      observed(backend),
      (notice) => void catching(() => onNotice?.(notice)),
    ),
  }
  const kept = Object.entries(workers).flatMap(([worker, run]) =>
    perSource(worker, run, backend).map(({ name, backend: given }) => ({
      name,
      worker: run,
      backend: given,
      record: workerRecord(name),
      controller: new AbortController(), // one for each: many listeners on one signal are taken for a leak
    })),
  )
  const stop = (): void => {
    stopping.abort()
    for (const { controller } of kept) controller.abort()
  }
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop, { once: true })
  const unlisten = listenTo(stopOn, stop)

  const unfinished = new Set<string>()
  const run = async (one: (typeof kept)[number]): Promise<void> => {
    unfinished.add(one.name)
    await keepRunning({ ...one, signal: one.controller.signal }, settings)
    unfinished.delete(one.name)
  }
  const runAll = async (): Promise<WorkersEnd> => {
    const done = Promise.all(kept.map(run))
    await abortOf(stopping.signal)
    await within(timeSetting(options.stopTimeout, 25_000, 0), done)
    unlisten()
    signal?.removeEventListener('abort', stop)
    return { unfinished: [...unfinished] }
  }
  const ended = runAll()

  return {
    health: () => ({
      healthy: !stopping.signal.aborted && kept.every(({ record }) => record.isHealthy()),
      workers: kept.map(({ record }) => record.health()),
    }),
    stop: () => {
      stop()
      return ended
    },
    ended,
  }
}
