import { describeViolation } from 'reprise/testing'
import { startCrashingServer } from '../support/crashing-server'
import { scaled } from '../support/workers'
import { chaosRun } from './process-faults'

/** `REPRISE_CHAOS_SEED=7` for a seed of one's own; `npm run test:chaos` for many. */
const SEED = scaled('REPRISE_CHAOS_SEED', 1 + Math.floor(Math.random() * 1_000_000))
const SECONDS = scaled('REPRISE_CHAOS_SECONDS', 8)

describe('processes that are killed, frozen and cut off, on a server that crashes', () => {
  it('are told nothing that does not fit together', async () => {
    const server = await startCrashingServer('small')
    try {
      const report = await chaosRun({ server, seed: SEED, seconds: SECONDS })
      const { operations, faults, failures, violations, stuck, slowestRecovery } = report
      process.stdout.write(
        `seed ${SEED}: ${operations} operations, ${JSON.stringify(faults)}, slowest recovery ${slowestRecovery} ms, failures ${JSON.stringify(failures)}\n`,
      )
      expect({ seed: SEED, violations: violations.map(describeViolation) }).toEqual({
        seed: SEED,
        violations: [],
      })
      expect(stuck).toBe(0)
      expect(operations).toBeGreaterThan(100)
    } finally {
      await server.stop()
    }
  }, 180_000)
})
