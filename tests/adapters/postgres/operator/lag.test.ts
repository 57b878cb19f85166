import { postgres } from 'reprise/postgres'
import { postgresReadSide, type PostgresReadSide } from '../../../support/postgres-read-side'
import { right } from '../../../support/right'
import { appendTicks } from '../../../support/ticks'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
  await appendTicks(side.store, 'counter-1', 1, 2, 3)
})
afterAll(() => side.close())

const lag = async (position: number, countUpTo: number) => {
  const name = `at ${position}`
  await right(side.subscriptions.register({ name, partitions: 1, position }))
  const [status] = await right(postgres(side.db, { operator: { countUpTo } }).operator.status(name))
  return status!.lag
}

describe('the lag of a partition', () => {
  it('is exact up to where counting ends, and says so when there is more', async () => {
    expect(await lag(0, 4)).toMatchObject({ events: 3, orMore: false })
    expect(await lag(0, 3)).toMatchObject({ events: 3, orMore: false })
    expect(await lag(0, 2)).toMatchObject({ events: 2, orMore: true })
  })

  it('is as old as the first event that was not handled', async () => {
    const { rows } = await side.pool.query<{ age: number }>(
      'select extract(epoch from clock_timestamp() - recorded_at)::float8 as age from reprise.events where position = 3',
    )
    const { seconds } = await lag(2, 10)
    expect(seconds).toBeGreaterThanOrEqual(rows[0]!.age)
    expect(seconds).toBeLessThan(rows[0]!.age + 10)
    expect(await lag(3, 10)).toEqual({ events: 0, orMore: false, seconds: 0 })
  })
})
