import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sql } from 'kysely'
import type { Projection } from '../../src/core/projection'
import { readProjection } from '../../src/shell/projection/reader'
import { runProjection } from '../../src/shell/projection/run-projection'
import { type Total, totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import type { Tick } from '../support/ticks'
import { scaled } from '../support/workers'

/** `REPRISE_CHAOS_CATCH_UP=1000000` for the full size. */
const EVENTS = scaled('REPRISE_CHAOS_CATCH_UP', 40_000)
const STREAMS = 100

setFlagsFromString('--expose-gc')
const isCollector = (value: unknown): value is () => void => typeof value === 'function'
const collect: unknown = runInNewContext('gc')

/** Megabytes that are in use after a garbage collection. */
const inUse = (): number => {
  if (isCollector(collect)) collect()
  return process.memoryUsage().heapUsed / 1_048_576
}

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

describe('a projection that catches up', () => {
  it('needs no more memory late than early', async () => {
    await sql`
        insert into reprise.events
          (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        select 'tick-' || n % ${STREAMS}::integer, n / ${STREAMS}::integer + 1, gen_random_uuid(), 'Ticked', 1,
               now(), '{"by": 1}', '{}'
        from generate_series(0, ${EVENTS}::integer - 1) n order by n`.execute(side.db)
    const samples: number[] = []
    let seen = 0
    const sampling: Projection<Total, Tick> = {
      ...totals(),
      key: ({ streamId }) => {
        if (++seen % (EVENTS / 10) === 0) samples.push(inUse())
        return streamId
      },
    }
    const begun = Date.now()
    const run = running((signal) => runProjection(sampling)({ ...side, signal }))
    await eventually(() => right(side.projections.active('totals')))
    const reader = readProjection(totals())(side)
    await right(reader.until(EVENTS, 900_000))
    const seconds = (Date.now() - begun) / 1_000
    await run.stop()
    const { entries } = await right(reader.all({ after: '', limit: 1_000 }))
    expect(entries.reduce((sum, { state }) => sum + state.events, 0)).toBe(EVENTS)
    process.stdout.write(
      `${EVENTS} events in ${seconds} s; MB in use: ${samples.map(Math.round).join(' ')}\n`,
    )
    expect((samples.at(-1) ?? 0) - (samples[0] ?? 0)).toBeLessThan(20)
  }, 1_000_000)
})
