import { sql } from 'kysely'
import { postgresReadSide, type PostgresReadSide } from '../../../support/postgres-read-side'
import { right } from '../../../support/right'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
})
afterEach(() => side.close())

/** As if all that has happened so far had happened so many seconds earlier. */
const later = async (seconds: number): Promise<void> => {
  const by = sql`${seconds} * interval '1 second'`
  await sql`update reprise.builds set begun_at = begun_at - ${by}, kept_until = kept_until - ${by}`.execute(
    side.db,
  )
  await sql`update reprise.instances set leased_until = leased_until - ${by}`.execute(side.db)
  await sql`update reprise.checkpoints set heartbeat_at = heartbeat_at - ${by}`.execute(side.db)
}
const numbers = async () =>
  (await right(side.documents.builds('totals'))).map(
    ({ version, build, state }) => `${version}.${build} ${state}`,
  )

describe('builds in PostgreSQL', () => {
  it('are joined while an instance works on them, and never gone on with afterwards', async () => {
    const { documents, subscriptions } = side
    const build = await right(documents.join('totals', 1))
    await later(11)
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 2 })
    await right(subscriptions.register({ name: 'totals@1.2', partitions: 1, position: 0 }))
    await right(subscriptions.claim('totals@1.2', 'worker', 60_000))
    await later(30)
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 2 })
    await later(31)
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 3 })
    expect(build.build).toBe(1)
  })

  it('are removed when no instance has worked on them for a minute', async () => {
    const { documents, subscriptions } = side
    for (const collection of ['totals@1.1', 'totals@1.2']) {
      await right(documents.begin('totals', 1))
      await right(subscriptions.register({ name: collection, partitions: 1, position: 0 }))
      await right(documents.put(collection, 'a', 1))
    }
    await right(subscriptions.claim('totals@1.2', 'worker', 1_000))
    await later(59)
    expect(await right(documents.sweep('totals', 10))).toBe(0)
    await right(subscriptions.claim('totals@1.2', 'worker', 1_000))
    await later(2)
    expect(await right(documents.sweep('totals', 10))).toBe(1)
    expect(await numbers()).toEqual(['1.2 building'])
    expect(await right(subscriptions.reached('totals@1.1'))).toBeUndefined()
    await later(61)
    expect(await right(documents.sweep('totals', 10))).toBe(1)
    expect(await numbers()).toEqual([])
    expect(await right(documents.begin('totals', 1))).toMatchObject({ build: 3 })
  })

  it('are not removed while an instance waits for work on them, or one has just left', async () => {
    const { documents, subscriptions, operator } = side
    for (const collection of ['totals@1.1', 'totals@1.2']) {
      await right(documents.begin('totals', 1))
      await right(subscriptions.register({ name: collection, partitions: 1, position: 0 }))
    }
    // One that is paused has no owner, whichever instance is there.
    await right(operator.pause('totals@1.1'))
    await right(subscriptions.claim('totals@1.1', 'waiting', 60_000))
    await right(subscriptions.claim('totals@1.2', 'restarting', 60_000))
    await right(subscriptions.leave('totals@1.2', 'restarting'))
    await sql`update reprise.builds set begun_at = begun_at - interval '1 hour'`.execute(side.db)
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['1.1 building', '1.2 building'])
    await later(61)
    await right(subscriptions.claim('totals@1.1', 'waiting', 60_000))
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['1.1 building'])
  })

  it('are kept for a day by default', async () => {
    const { documents } = side
    for (const version of [1, 2]) {
      await right(documents.activate('totals', await right(documents.begin('totals', version))))
    }
    await later(86_390)
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['1.1 kept', '2.1 active'])
    await later(20)
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['2.1 active'])
  })

  it('show one of two that are ready at once, and then the later one', async () => {
    const { documents } = side
    await right(documents.activate('totals', await right(documents.begin('totals', 1))))
    const builds = await Promise.all(
      Array.from({ length: 8 }, () => right(documents.begin('totals', 1))),
    )
    const shown = await Promise.all(
      builds.map((build) => right(documents.activate('totals', build))),
    )
    for (const { build } of shown) expect(build).toBeGreaterThan(1)
    expect(await right(documents.active('totals'))).toMatchObject({ build: 9 })
    expect((await numbers()).filter((build) => build.endsWith(' active'))).toEqual(['1.9 active'])
  })
})
