import type { Pool } from 'pg'
import type { ClientWorld } from 'reprise/testing'

/**
 * An operator who sets the sequence of positions back, as a restore in parts does, and after a while puts it right
 * again. In between, nothing may be stored.
 */
export const restartingSequence =
  (pool: Pool, schema: string) =>
  async ({
    random,
    pause,
    goesOn,
  }: Pick<ClientWorld<unknown>, 'random' | 'pause' | 'goesOn'>): Promise<void> => {
    const sequence = `${schema}.events_position_seq`
    /** Nobody is in the middle of an append then. */
    const set = async (position: string): Promise<void> => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await client.query(`lock table ${schema}.events in exclusive mode`)
        await client.query(`select setval('${sequence}', ${position})`)
        await client.query('commit')
      } catch {
        await client.query('rollback')
      } finally {
        client.release()
      }
    }
    while (goesOn()) {
      await pause(random.below(60))
      await set('1')
      await pause(random.below(10))
      await set(`(select greatest(max(position), 1) from ${schema}.events)`)
    }
  }
