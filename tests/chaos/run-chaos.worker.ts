/** Many runs under faults, with progress and a report: `npm run test:chaos -- --seeds 20 --minutes 10`. */
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { memory } from 'reprise/memory'
import { connectPglite, postgres } from 'reprise/postgres'
import { describeViolation, examineStore, simulateStore, type Violation } from 'reprise/testing'
import { counterClient, counterStates } from '../support/counter-client'
import { startCrashingServer } from '../support/crashing-server'
import { right } from '../support/right'
import { chaosRun } from './process-faults'

/** What one run has found, whatever it ran against. */
interface RunReport {
  readonly operations: number
  readonly faults: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<Violation>
  readonly stuck?: number
  readonly slowestRecovery?: number
}

interface Runs {
  readonly run: (seed: number) => Promise<RunReport>
  readonly close: () => Promise<void>
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '15' },
    against: { type: 'string', default: 'postgres' },
  },
})

const nothing = () => Promise.resolve()
const clients = [counterClient, counterClient]

const operationsOf = (history: ReadonlyArray<object>): number =>
  history.filter((entry) => 'asked' in entry).length

const against: Readonly<Record<string, () => Promise<Runs>>> = {
  memory: async () => ({
    run: async (seed) => {
      const { history, faults, violations } = await simulateStore(
        async ({ inline, now }) => ({
          ...memory({ inline, now, lineage: 'chaos' }),
          close: nothing,
        }),
        { seed, operations: 120, clients, states: counterStates },
      )
      return { operations: operationsOf(history), faults, violations }
    },
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
          { seed, operations: 800, clients, states: counterStates },
        )
        return { operations: operationsOf(history), faults, violations }
      },
      close: () => pglite.close(),
    }
  },
  postgres: async () => {
    const server = await startCrashingServer()
    return {
      run: (seed) => chaosRun({ server, seed, seconds: Number(values.seconds) }),
      close: server.stop,
    }
  },
}

const main = async (): Promise<boolean> => {
  const open = against[values.against]
  if (open === undefined) {
    console.error(`--against must be one of ${Object.keys(against).join(', ')}`)
    return false
  }
  const [first, count] = [Number(values.seed), Number(values.seeds)]
  const { run, close } = await open()
  const begun = Date.now()
  const end = begun + Number(values.minutes) * 60_000
  const faults: Record<string, number> = {}
  let [runs, operations, broken, stuck, slowest, told] = [0, 0, 0, 0, 0, 0]
  for (let seed = first; seed < first + count && Date.now() < end; seed++) {
    const report = await run(seed)
    runs += 1
    operations += report.operations
    stuck += report.stuck ?? 0
    slowest = Math.max(slowest, report.slowestRecovery ?? 0)
    for (const [kind, times] of Object.entries(report.faults)) {
      faults[kind] = (faults[kind] ?? 0) + times
    }
    for (const violation of report.violations) {
      broken += 1
      console.log(`seed ${seed}: ${describeViolation(violation)}`)
    }
    if (Date.now() - told < 1_000 && runs < count) continue
    told = Date.now()
    const seconds = Math.round((told - begun) / 1_000)
    console.log(
      `${runs} of ${count} seeds, ${operations} operations, ${broken} violations, ${seconds} s`,
    )
  }
  await close()
  const seconds = Math.round((Date.now() - begun) / 1_000)
  console.log(`
against            ${values.against}
seeds              ${runs}, from ${first} on
time               ${seconds} s
operations         ${operations}
faults             ${JSON.stringify(faults)}
violations         ${broken}
processes stuck    ${stuck}
slowest recovery   ${slowest} ms`)
  return broken + stuck === 0 && runs > 0
}

void main().then((isSound) => process.exit(isSound ? 0 : 1))
