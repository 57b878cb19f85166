import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sql } from 'kysely'
import type { Projection } from '../../src/core/projection'
import { projectionReader } from '../../src/shell/projection/reader'
import { rebuildProjection } from '../../src/shell/projection/rebuild-projection'
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

/** The projection, and the megabytes in use after every tenth of the events. */
const sampled = (): readonly [projection: Projection<Total, Tick>, samples: number[]] => {
  const samples: number[] = []
  let seen = 0
  const projection: Projection<Total, Tick> = {
    ...totals(),
    key: ({ streamId }) => {
      if (++seen % (EVENTS / 10) === 0) samples.push(inUse())
      return streamId
    },
  }
  return [projection, samples]
}

/** Every event is in the read model, and late in the work no more memory is in use than early. */
const isComplete = async (what: string, begun: number, samples: ReadonlyArray<number>) => {
  const seconds = (Date.now() - begun) / 1_000
  const { entries } = await right(projectionReader(totals())(side).all({ after: '', limit: 1_000 }))
  expect(entries.reduce((sum, { state }) => sum + state.events, 0)).toBe(EVENTS)
  process.stdout.write(
    `${what}: ${EVENTS} events in ${seconds} s; MB in use: ${samples.map(Math.round).join(' ')}\n`,
  )
  expect(samples.length).toBeGreaterThanOrEqual(10)
  expect((samples.at(-1) ?? 0) - (samples[0] ?? 0)).toBeLessThan(20)
}

describe('a long history', () => {
  it('is caught up with, in no more memory late than early', async () => {
    await sql`
        insert into reprise.events
          (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        select 'tick-' || n % ${STREAMS}::integer, n / ${STREAMS}::integer + 1, gen_random_uuid(), 'Ticked', 1,
               now(), '{"by": 1}', '{}'
        from generate_series(0, ${EVENTS}::integer - 1) n order by n`.execute(side.db)
    const [projection, samples] = sampled()
    const begun = Date.now()
    const run = running((signal) => runProjection(projection)(side, { signal }))
    await eventually(() => right(side.documents.active('totals')))
    await right(projectionReader(totals())(side).until(EVENTS, 900_000))
    await run.stop()
    await isComplete('catch-up', begun, samples)
  }, 1_000_000)

  it('is rebuilt from, in no more memory late than early', async () => {
    const [projection, samples] = sampled()
    const begun = Date.now()
    const { signal } = new AbortController()
    await right(rebuildProjection(projection)(side, { signal }))
    await isComplete('rebuild', begun, samples)
  }, 1_000_000)
})
