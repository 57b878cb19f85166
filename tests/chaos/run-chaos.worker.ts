/**
 * Many runs under faults, with progress and a report: `npm run test:chaos -- --seeds 200`. Ctrl-C ends it with a report of
 * what was done. It ends with another code than 0 after a violation.
 */
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { memory } from 'reprise/memory'
import { connectPglite, postgres } from 'reprise/postgres'
import {
  describeViolation,
  examineStore,
  jumpingClock,
  seededRandom,
  simulateStore,
  type Violation,
} from 'reprise/testing'
import { witnessStates } from '../support/witness'
import { witnessClient, twinClient } from '../support/witness-client'
import { startCrashingServer } from '../support/crashing-server'
import { right } from '../support/right'
import { type HostileReport, hostileRun } from './hostile'
import { oldRelease } from './history-projection'
import { restartingSequence } from './odd-server'
import { chaosRun } from './process-faults'

/** What one run has found, whatever it ran against. */
interface RunReport {
  readonly operations: number
  readonly faults: Readonly<Record<string, number>>
  readonly failures?: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<Violation>
  readonly stuck?: number
  readonly slowestRecovery?: number
}

interface Runs {
  readonly run: (seed: number) => Promise<RunReport>
  readonly hostile: (size: HostileSize) => Promise<HostileReport>
  readonly close: () => Promise<void>
}

interface HostileSize {
  readonly seed: number
  readonly inputs: number
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '0' },
    hostile: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '15' },
    against: { type: 'string', default: 'postgres' },
    'until-broken': { type: 'boolean', default: false },
  },
})

const nothing = () => Promise.resolve()
const clients = [witnessClient, witnessClient, twinClient, oldRelease]

const operationsOf = (history: ReadonlyArray<object>): number =>
  history.filter((entry) => 'asked' in entry).length

/** In every second history the clock jumps, and the times of timers are not judged. */
const clockOf = (seed: number, now: () => number): (() => number) =>
  seed % 2 === 0
    ? now
    : jumpingClock(now, seededRandom(`${seed}/clock`), { rate: 0.01, largest: 500 })
const timesOf = (seed: number) => (seed % 2 === 0 ? {} : { clockDifference: Infinity })

const against: Readonly<Record<string, () => Promise<Runs>>> = {
  memory: async () => ({
    run: async (seed) => {
      const { history, faults, violations } = await simulateStore(
        async ({ inline, now }) => ({
          ...memory({ inline, now: clockOf(seed, now), lineage: 'chaos' }),
          close: nothing,
        }),
        { seed, operations: 120, clients, states: witnessStates, ...timesOf(seed) },
      )
      return { operations: operationsOf(history), faults, violations }
    },
    hostile: (size) => hostileRun(({ inline }) => Promise.resolve(memory({ inline })), size),
    close: nothing,
  }),
  pglite: async () => {
    const pglite = new PGlite()
    const db = connectPglite(pglite)
    return {
      run: async (seed) => {
        const { history, faults, violations } = await examineStore(
          async ({ inline }) => {
            const backend = postgres(db, { schema: `chaos_${seed}`, inline })
            await right(backend.migrate)
            return backend
          },
          { seed, operations: 800, clients, states: witnessStates },
        )
        return { operations: operationsOf(history), faults, violations }
      },
      hostile: (size) =>
        hostileRun(async ({ inline }) => {
          const backend = postgres(db, { schema: 'hostile', inline })
          await right(backend.migrate)
          return backend
        }, size),
      close: () => pglite.close(),
    }
  },
  /** Two stores on one pool, whose application has type parsers of its own, and an operator who makes mistakes. */
  pool: async () => {
    const server = await startCrashingServer()
    const asText = { getTypeParser: () => (text: string) => text }
    const pool = new Pool({ connectionString: server.url, max: 8, types: asText })
    const examine = (seed: number, schema: string) =>
      examineStore(
        async ({ inline }) => {
          const backend = postgres(pool, { schema, inline })
          await right(backend.migrate)
          return backend
        },
        {
          seed,
          operations: 800,
          clients: [...clients, restartingSequence(pool, schema)],
          states: witnessStates,
          clockDifference: 5,
        },
      )
    return {
      run: async (seed) => {
        const [one, other] = await Promise.all(
          ['a', 'b'].map((side, index) => examine(2 * seed + index, `chaos_${seed}_${side}`)),
        )
        const both = [one, other].filter((proof) => proof !== undefined)
        const faults: Record<string, number> = {}
        for (const proof of both) addTo(faults, proof.faults)
        return {
          operations: both.reduce((sum, { history }) => sum + operationsOf(history), 0),
          faults,
          violations: both.flatMap(({ violations }) => violations),
        }
      },
      hostile: (size) =>
        hostileRun(async ({ inline }) => {
          const backend = postgres(pool, { schema: 'hostile', inline })
          await right(backend.migrate)
          return backend
        }, size),
      close: async () => {
        await pool.end()
        await server.stop()
      },
    }
  },
  postgres: async () => {
    const server = await startCrashingServer('small')
    if (server.fillDisk === undefined) {
      console.log('this machine does not let a small disk be mounted: the disk is never full')
    }
    return {
      hostile: async (size) => {
        const pool = new Pool({ connectionString: server.url, max: 10 })
        try {
          return await hostileRun(async ({ inline }) => {
            const backend = postgres(pool, { schema: 'hostile', inline })
            await right(backend.migrate)
            return backend
          }, size)
        } finally {
          await pool.end()
        }
      },
      run: (seed) => chaosRun({ server, seed, seconds: Number(values.seconds) }),
      close: server.stop,
    }
  },
}

const number = (name: keyof typeof values): number => {
  const given = Number(values[name])
  if (Number.isFinite(given) && given >= 0) return given
  console.error(`--${name} must be a number`)
  process.exit(2)
}

const totals = {
  ...{ runs: 0, operations: 0, violations: 0, stuck: 0, slowest: 0, broken: [] as number[] },
  ...{ faults: {} as Record<string, number>, failures: {} as Record<string, number> },
}

const addTo = (sums: Record<string, number>, more: Readonly<Record<string, number>> = {}): void => {
  for (const [kind, times] of Object.entries(more)) sums[kind] = (sums[kind] ?? 0) + times
}

const begun = Date.now()
const elapsed = (): number => Math.round((Date.now() - begun) / 1_000)

const printReport = (first: number, wanted: number): void => {
  console.log(`
date               ${new Date().toISOString().slice(0, 10)}
against            ${values.against}
seeds              ${totals.runs} of ${wanted}, from ${first} on
time               ${elapsed()} s
operations         ${totals.operations}
faults             ${JSON.stringify(totals.faults)}
failures           ${JSON.stringify(totals.failures)}
violations         ${totals.violations}
broken seeds       ${totals.broken.join(', ') || 'none'}
processes stuck    ${totals.stuck}
slowest recovery   ${totals.slowest} ms`)
}

const add = (seed: number, report: RunReport): void => {
  totals.runs += 1
  totals.operations += report.operations
  totals.stuck += report.stuck ?? 0
  totals.slowest = Math.max(totals.slowest, report.slowestRecovery ?? 0)
  addTo(totals.faults, report.faults)
  addTo(totals.failures, report.failures)
  totals.violations += report.violations.length
  if (report.violations.length + (report.stuck ?? 0) > 0) totals.broken.push(seed)
  for (const violation of report.violations) {
    console.log(`seed ${seed}: ${describeViolation(violation)}`)
  }
}

const isSound = (): boolean => totals.broken.length === 0 && totals.runs > 0

const main = async (): Promise<boolean> => {
  const open = against[values.against]
  if (open === undefined) {
    console.error(`--against must be one of ${Object.keys(against).join(', ')}`)
    return false
  }
  const [first, count, minutes] = [number('seed'), number('seeds'), number('minutes')]
  const end = minutes === 0 ? Infinity : begun + minutes * 60_000
  const { run, hostile, close } = await open()
  const stopped = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        resolve(undefined)
      })
    }
  })
  const inputs = number('hostile')
  if (inputs > 0) {
    const report = await Promise.race([stopped, hostile({ seed: first, inputs })])
    if (report === undefined) {
      console.log('stopped: the hostile inputs are not in the report')
      return false
    }
    const { problems, refused, readBack } = report
    console.log(
      `seed ${first}: ${inputs} hostile inputs, ${refused} refused, ${readBack} read back, ${problems.length} problems`,
    )
    for (const problem of problems) console.log(problem)
    if (problems.length > 0) totals.broken.push(first)
    totals.runs += count === 0 ? 1 : 0
  }
  let told = 0
  for (let seed = first; seed < first + count && Date.now() < end; seed++) {
    const report = await Promise.race([
      stopped,
      run(seed).catch((cause: unknown) => {
        console.log(`seed ${seed}: the run could not be carried out: ${String(cause)}`)
        totals.broken.push(seed)
        return 'failed' as const
      }),
    ])
    if (report === undefined) {
      console.log(`stopped: seed ${seed} is not in the report`)
      break
    }
    if (report === 'failed') continue
    add(seed, report)
    if (values['until-broken'] && !isSound()) break
    if (Date.now() - told < 1_000) continue
    told = Date.now()
    console.log(
      `${totals.runs} of ${count} seeds, ${totals.operations} operations, ` +
        `${totals.violations} violations, ${elapsed()} s`,
    )
  }
  printReport(first, count)
  await close().catch((cause: unknown) => {
    console.log(`it could not be closed: ${String(cause)}`)
  })
  return isSound()
}

void main().then(
  (isDone) => process.exit(isDone ? 0 : 1),
  (cause: unknown) => {
    console.error(cause)
    process.exit(1)
  },
)
