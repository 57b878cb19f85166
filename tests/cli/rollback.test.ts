import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
})
afterEach(() => side.close())

const rollback = (...args: ReadonlyArray<string>) =>
  cli(['rollback', 'booking list', '--url', side.url, ...args])
const show = (...args: ReadonlyArray<string>) =>
  cli(['subscriptions', 'booking list', '--url', side.url, ...args])

/** Shows a build of a version, which has come to `position`. */
const activated = async (version: number, position: number) => {
  const build = await right(side.documents.begin('booking list', version))
  await right(side.subscriptions.register({ name: build.collection, partitions: 1, position }))
  return right(side.documents.activate('booking list', build))
}

describe('reprise rollback', () => {
  it('says what it means, and does it once it is confirmed', async () => {
    const old = await activated(1, 3)
    const wrong = await activated(2, 9)
    const asked = await rollback()
    expect(asked.exitCode).toBe(2)
    expect(asked.error).toMatch(
      /^reprise: Readers of booking list see build 1 of version 2, and would see build 1 of version 1 again, which is kept until \d{4}-.* UTC\. Programs that declare version 2 end \(ProjectionRolledBack\), and build 1 of version 2 is deleted\. It is at position 3, and build 1 of version 2 at 9: a program that declares version 1 brings it up to date\. No program runs it now: start the release that declares version 1\. To do it, add --yes\n$/,
    )
    expect(await right(side.documents.active('booking list'))).toEqual(wrong)
    const done = await rollback('--yes')
    expect({ ...done, error: '' }).toMatchObject({ exitCode: 0, error: '' })
    expect(done.out).toMatch(/^Readers of booking list see build 1 of version 1 again\. Programs/)
    expect(await right(side.documents.active('booking list'))).toEqual(old)
  })

  it('prints as JSON which build was left, and which one is active', async () => {
    const old = await activated(1, 3)
    const rebuilt = await activated(1, 3)
    const { exitCode, out } = await rollback('--yes', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toEqual({ projection: 'booking list', from: rebuilt, to: old })
  })

  it('says why it cannot go back', async () => {
    expect(await rollback('--yes')).toMatchObject({
      exitCode: 1,
      error: expect.stringMatching(/^reprise: The projection booking list has never run here/),
    })
    await activated(1, 3)
    const { exitCode, error } = await rollback('--yes', '--json')
    expect(exitCode).toBe(1)
    expect(JSON.parse(error)).toMatchObject({ error: { _tag: 'NoEarlierBuild' } })
  })
})

describe('reprise subscriptions <projection>', () => {
  it('shows the builds of the projection, and the way back', async () => {
    await activated(1, 3)
    await activated(2, 9)
    await right(side.documents.begin('booking list', 3))
    const { out } = await show()
    expect(out).toMatch(
      /\nBuilds of booking list:\n {2}version 1, build 1: kept until \d{4}-.* UTC; at position 3, no program runs it\n {2}version 2, build 1: active: readers see it; at position 9, no program runs it\n {2}version 3, build 1: being made: readers do not see it yet; not started, no program runs it\n {2}-> npx reprise rollback "booking list"\n/,
    )
    const { builds, subscriptions } = JSON.parse((await show('--json')).out) as {
      builds: ReadonlyArray<{ state: string; keptUntil: string | null }>
      subscriptions: ReadonlyArray<{ build: object }>
    }
    expect(builds.map(({ state }) => state)).toEqual(['kept', 'active', 'building'])
    expect(builds[0]?.keptUntil).toMatch(/Z$/)
    expect(subscriptions[0]?.build).toEqual({
      projection: 'booking list',
      isActive: true,
      keptUntil: null,
    })
  })
})
