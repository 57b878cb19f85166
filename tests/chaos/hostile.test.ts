import { Pool } from 'pg'
import { memory } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { createDatabase } from '../support/database'
import { right } from '../support/right'
import { scaled } from '../support/workers'
import { type HostileReport, hostileRun } from './hostile'

/** `npm run test:chaos -- --hostile 10000` for the full size; `REPRISE_SEED=7` for a seed of one's own. */
const INPUTS = scaled('REPRISE_HOSTILE', 1_500)
const SEED = scaled('REPRISE_SEED', 1 + Math.floor(Math.random() * 1_000_000))

const isHarmless = ({ seed, problems, refused, readBack }: HostileReport): void => {
  expect({ seed, problems }).toEqual({ seed, problems: [] })
  expect(refused).toBeGreaterThan(INPUTS / 5)
  expect(readBack).toBeGreaterThan(INPUTS / 50)
}

describe('hostile inputs to every port, and to commands', () => {
  it('are refused with a typed error, or stored and read back the same, in memory', async () => {
    isHarmless(
      await hostileRun(({ inline }) => Promise.resolve(memory({ inline })), {
        seed: SEED,
        inputs: INPUTS,
      }),
    )
  }, 120_000)

  it('are refused with a typed error, or stored and read back the same, in PostgreSQL', async () => {
    const database = await createDatabase()
    const pool = new Pool({ connectionString: database.url, max: 10 })
    try {
      const open = async ({ inline }: Parameters<Parameters<typeof hostileRun>[0]>[0]) => {
        const backend = postgres(pool, { inline })
        await right(backend.migrate)
        return backend
      }
      isHarmless(await hostileRun(open, { seed: SEED, inputs: INPUTS }))
    } finally {
      await pool.end()
      await database.drop()
    }
  }, 120_000)
})
