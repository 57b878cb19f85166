import { connectPool, postgres, type PostgresBackend, tableReader } from 'reprise/postgres'
import { runProjection } from 'reprise'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import { counts, sums, type SumTables } from '../support/sums'
import { appendTicks } from '../support/ticks'

let side: PostgresReadSide
let backend: PostgresBackend<SumTables>
beforeEach(async () => {
  side = await postgresReadSide()
  backend = postgres(connectPool<SumTables>(side.pool))
  const positions = await appendTicks(side.store, 'tick-1', 1, 2, 3)
  const program = running((signal) =>
    runProjection(sums('shown'), { maxPollInterval: 20 })(backend, { signal }),
  )
  await right(tableReader(sums())(backend).until(positions.at(-1) ?? 0, 20_000))
  await program.stop()
})
afterEach(async () => {
  await backend.close()
  await side.close()
})

const rebuild = (projection: object, ...more: ReadonlyArray<string>) =>
  cli(['rebuild', 'sums', '--url', side.url, '--module', 'sums.js', ...more], {
    importModule: async () => ({ projection }),
  })
const shown = async () => (await side.pool.query<object>('select * from shown.sums')).rows

describe('the command line, for a projection with tables of its own', () => {
  it('rebuilds it, and shows the new tables in its views', async () => {
    await side.pool.query('delete from shown.steps')
    await side.pool.query('delete from shown.sums')
    const { exitCode, out, error } = await rebuild(sums('shown'))
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' })
    expect(out).toMatch(/Readers of sums see build 2 of version 1; build 1 of version 1 is kept/)
    expect(await shown()).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
  })

  it('builds a later version, shows its builds, and goes back from it', async () => {
    expect((await rebuild(counts('shown'))).exitCode).not.toBe(0)
    expect((await rebuild(counts('shown'), '--yes')).exitCode).toBe(0)
    expect(await shown()).toEqual([{ stream: 'tick-1', events: 3 }])
    const listed = await cli(['subscriptions', '--url', side.url])
    expect(listed.out).toContain('sums@2.1')
    expect(listed.out).toContain('sums@1.1')
    const back = await cli(['rollback', 'sums', '--yes', '--url', side.url])
    expect({ exitCode: back.exitCode, error: back.error }).toEqual({ exitCode: 0, error: '' })
    expect(await shown()).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
  })

  it('says why the tables cannot be created, and leaves the old build', async () => {
    const broken = {
      ...sums('shown'),
      tables: { names: ['sums'], create: () => async () => ({ _tag: 'Left', left: 'no room' }) },
    }
    const { exitCode, error } = await rebuild(broken)
    expect(exitCode).not.toBe(0)
    expect(error).toContain('could not be created')
    expect(error).toContain('no room')
    expect(await shown()).toEqual([{ stream: 'tick-1', sum: 6, events: 3 }])
  })

  it('says what it looks for in a module', async () => {
    const { error } = await cli(['rebuild', 'sums', '--url', side.url, '--module', 'sums.js'], {
      importModule: async () => ({ other: { ...sums(), handling: undefined, tables: undefined } }),
    })
    expect(error).toContain('or a tableProjection')
  })
})
