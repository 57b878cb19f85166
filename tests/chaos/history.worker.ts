/** A process with clients of every kind, which records what they are told until it is ended from outside. */
import { openSync, writeSync } from 'node:fs'
import type { Transaction } from 'kysely'
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import {
  type ClientWorld,
  historyLine,
  historyRecorder,
  recordedParts,
  seededRandom,
} from 'reprise/testing'
import { reader, writer } from '../../src/testing/history/workload'
import { subscriber, timerKeeper } from '../../src/testing/history/workload-read-side'
import { workloadInline } from '../../src/testing/history/workload-world'
import { runProjection } from '../../src/shell/projection/run-projection'
import { witnessClient } from '../support/witness-client'
import type { NoTables } from '../support/postgres-read-side'
import { counting, oldRelease } from './history-projection'

/** What the process is told when it is started. */
export interface ChaosWorker {
  readonly url: string
  readonly file: string
  readonly seed: number
  readonly number: number
  /** An older release: it does not know all types that the subscription reads. */
  readonly old: boolean
}

const { url, file, seed, number, old } = JSON.parse(process.argv[2] ?? '{}') as ChaosWorker
const pool = new Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 2_000 })
pool.on('error', () => undefined) // the server has ended it
const backend = postgres<NoTables>(pool, {
  inline: [workloadInline],
  idleInTransactionTimeout: 2_000,
})
const output = openSync(file, 'a')

const recorder = historyRecorder({
  // Before the call goes on: the process may be killed at any moment.
  write: (entry) => void writeSync(output, historyLine(entry)),
  // One clock for all processes of the machine.
  now: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  firstCall: number * 10_000_000 + 1,
})

const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
process.on('disconnect', () => process.exit(2)) // its parent is gone

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const world = (name: string): ClientWorld<Transaction<NoTables>> => {
  const client = `${name} of process ${number}`
  return {
    name: client,
    backend: recordedParts(recorder, client, backend),
    recorder,
    random: seededRandom(`${seed}/${client}`),
    pause,
    goesOn: () => !stopping.signal.aborted,
  }
}

const main = async (): Promise<void> => {
  process.send?.('ready', () => undefined) // who has started it may be gone
  if (old) return oldRelease(world('old release'))
  const projecting = runProjection(counting(1), { leaseDuration: 1_000, maxPollInterval: 50 })(
    backend,
    { signal: stopping.signal },
  )()
  await Promise.all([
    writer(world('writer')),
    reader(world('reader')),
    subscriber(world('subscriber')),
    timerKeeper(world('keeper')),
    witnessClient(world('commands')),
    projecting,
  ])
}

void main().then(
  () => process.exit(0),
  (cause: unknown) => {
    process.stderr.write(`process ${number}: ${String(cause)}\n`)
    process.exit(1)
  },
)
