import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import {
  checkHistory,
  type HistoryEntry,
  historyFile,
  historyRecorder,
  type Random,
  recordedParts,
  seededRandom,
  type Violation,
} from 'reprise/testing'
import { projectionReader } from '../../src/shell/projection/reader'
import { rebuildProjection } from '../../src/shell/projection/rebuild-projection'
import { runProjection } from '../../src/shell/projection/run-projection'
import { conclude } from '../../src/testing/history/workload'
import { workloadInline, workloadRules } from '../../src/testing/history/workload-world'
import { witnessStates } from '../support/witness'
import type { CrashingServer } from '../support/crashing-server'
import type { NoTables } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import { startWorker, type WorkerProcess } from '../support/workers'
import { COUNTING, counting, countingRules } from './history-projection'
import type { ChaosWorker } from './history.worker'

/** What can happen to processes. */
export type ProcessFault = 'kill' | 'freeze' | 'terminate' | 'crash' | 'rebuild' | 'fullDisk'

/** One run under process faults. */
export interface ChaosRun {
  readonly server: CrashingServer
  readonly seed: number
  /** How long faults are injected. */
  readonly seconds: number
  readonly processes?: number
}

/** What has become of it. */
export interface ChaosReport {
  readonly seed: number
  readonly operations: number
  readonly faults: Readonly<Partial<Record<ProcessFault, number>>>
  /** What calls that were not answered with success were answered with. */
  readonly failures: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<Violation>
  /** Processes that did not end when they were asked to. */
  readonly stuck: number
  /** The longest time from a fault to the next append that was stored, in milliseconds. */
  readonly slowestRecovery: number
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const endsWithin = async ({ ended }: WorkerProcess, milliseconds: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  const isOver = await Promise.race([ended.then(() => true), late])
  clearTimeout(timer)
  return isOver
}

/** The clock that all processes of the machine have in common, in milliseconds. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000

const drawFault = (random: Random, hasDisk: boolean): ProcessFault => {
  const number = random.next()
  if (hasDisk && random.chance(0.1)) return 'fullDisk'
  if (number < 0.3) return 'kill'
  if (number < 0.55) return 'freeze'
  if (number < 0.85) return 'terminate'
  return number < 0.95 ? 'crash' : 'rebuild'
}

const onServer = async (server: CrashingServer, ...statements: ReadonlyArray<string>) => {
  const client = new Client({ connectionString: server.url })
  client.on('error', () => undefined) // the statement fails as well
  try {
    await client.connect()
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

const dropping = (name: string): string => `drop database if exists ${name} with (force)`

const createDatabase = async (server: CrashingServer, name: string): Promise<string> => {
  await onServer(server, dropping(name), `create database ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return url.href
}

const slowestRecovery = (
  history: ReadonlyArray<HistoryEntry>,
  faults: ReadonlyArray<number>,
): number => {
  const stored = history.flatMap((entry) =>
    'answer' in entry && entry.answer._tag === 'Appended' ? [entry.at] : [],
  )
  const recoveries = faults.map((at) => (stored.find((after) => after > at) ?? at) - at)
  return Math.round(Math.max(0, ...recoveries))
}

const failuresIn = (history: ReadonlyArray<HistoryEntry>): Record<string, number> => {
  const failures: Record<string, number> = {}
  for (const entry of history) {
    if (!('answer' in entry) || !('reason' in entry.answer)) continue
    failures[entry.answer.reason] = (failures[entry.answer.reason] ?? 0) + 1
  }
  return failures
}

/**
 * Lets processes work on one database, does to them what happens in production, and judges what all of them were told.
 * The faults follow from the seed; what the processes make of them depends on the machine.
 */
export const chaosRun = async ({
  server,
  seed,
  seconds,
  processes = 3,
}: ChaosRun): Promise<ChaosReport> => {
  const random = seededRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'reprise-chaos-'))
  const database = `chaos_${seed}`
  const url = await createDatabase(server, database)
  const pool = new Pool({ connectionString: url, max: 5 })
  pool.on('error', () => undefined) // the server has ended it
  const backend = postgres<NoTables>(pool, { inline: [workloadInline] })
  await right(backend.migrate)

  let number = 1
  const started: WorkerProcess[] = []
  /** Starts a process, and waits until it works. */
  const begin = (old = false): Promise<WorkerProcess> => {
    const input: ChaosWorker = { url, file: join(folder, `${number}.jsonl`), seed, number, old }
    number += 1
    const worker = startWorker('chaos/history.worker.ts', JSON.stringify(input))
    started.push(worker)
    return new Promise((resolve) => {
      worker.hear(() => resolve(worker))
      void worker.ended.then(() => resolve(worker))
    })
  }
  const faults: Partial<Record<ProcessFault, number>> = {}
  const times: number[] = []
  const rebuilding = new AbortController()
  const rebuilds: Promise<unknown>[] = []

  const cause = async (fault: ProcessFault): Promise<void> => {
    const victim = random.below(workers.length)
    const worker = workers[victim]
    switch (fault) {
      case 'kill':
        await worker?.kill()
        workers[victim] = await begin()
        return
      case 'freeze':
        worker?.signal('SIGSTOP')
        await pause(100 + random.below(1_400))
        worker?.signal('SIGCONT')
        return
      case 'terminate':
        await server.terminate(0.5)
        return
      case 'crash':
        await server.crash()
        return
      case 'fullDisk':
        await server.fillDisk?.(300 + random.below(1_500))
        return
      case 'rebuild':
        rebuilds.push(rebuildProjection(counting(1))(backend, { signal: rebuilding.signal })())
    }
  }

  const injectFaults = async (): Promise<void> => {
    const end = Date.now() + seconds * 1_000
    while (Date.now() < end) {
      const fault = drawFault(random, server.fillDisk !== undefined)
      times.push(now())
      faults[fault] = (faults[fault] ?? 0) + 1
      await cause(fault)
      await pause(200 + random.below(1_000))
    }
  }
  const killAll = (): Promise<unknown> => Promise.all(started.map(({ kill }) => kill()))
  const workers = await Promise.all(Array.from({ length: processes }, () => begin()))
  const old = await begin(true)
  await injectFaults().catch(async (failure: unknown) => {
    await killAll()
    return Promise.reject(failure instanceof Error ? failure : new Error(String(failure)))
  })

  let stuck = 0
  for (const worker of [...workers, old]) {
    worker.signal('SIGTERM')
    if (await endsWithin(worker, 30_000)) continue
    stuck += 1
    await worker.kill()
  }
  rebuilding.abort()
  await Promise.allSettled(rebuilds)

  const last: HistoryEntry[] = []
  const recorder = historyRecorder({ write: (entry) => void last.push(entry), now })
  const name = 'the last reader'
  const recorded = recordedParts(recorder, name, backend)
  const goesOn = (): boolean => true
  await conclude({ name, backend: recorded, recorder, random, pause, goesOn })
  const projecting = running((signal) =>
    runProjection(counting(1), { leaseDuration: 1_000 })(backend, { signal }),
  )
  const reader = projectionReader(counting(1))(backend)
  const { highest } = await right(backend.store.readAll({ after: 0, limit: 1 }))
  await right(reader.until(highest, 60_000))
  const { entries } = await right(reader.all({ after: '', limit: 1_000 }))
  for (const { key, state } of entries) {
    const asked = { _tag: 'Document', collection: COUNTING, key } as const
    const value = { version: state.version, sum: state.sum }
    const given = async () => ({ _tag: 'Right', right: value }) as const
    await recorder.calling(name, asked, given, () => ({ _tag: 'DocumentFound', value }))()
  }
  await projecting.stop()
  await backend.close()
  await pool.end()
  await onServer(server, dropping(database)) // its disk is small, and many seeds come after this one

  const files = readdirSync(folder).map((file) => historyFile(join(folder, file)))
  const history = [...files.flatMap(({ read }) => [...read(() => false)]), ...last].sort(
    (left, right) => left.at - right.at,
  )
  rmSync(folder, { recursive: true })
  const violations = checkHistory(history, {
    states: witnessStates,
    documents: [...(workloadRules.documents ?? []), ...countingRules()],
    clockDifference: 5,
  })
  return {
    seed,
    operations: history.filter((entry) => 'asked' in entry).length,
    faults,
    failures: failuresIn(history),
    violations,
    stuck,
    slowestRecovery: slowestRecovery(history, times),
  }
}
