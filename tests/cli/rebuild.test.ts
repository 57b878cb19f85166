import { CompiledQuery } from 'kysely'
import { projectionReader } from '../../src/shell/projection/reader'
import { runProjection } from '../../src/shell/projection/run-projection'
import { totals } from '../support/balances'
import { cli } from '../support/cli'
import { eventually } from '../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import { appendTicks } from '../support/ticks'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
})
let started: Array<{ readonly stop: () => Promise<unknown> }> = []
afterEach(async () => {
  await Promise.all(started.map(({ stop }) => stop()))
  started = []
  await side.close()
})

const partitions = 2
const options = { maxPollInterval: 20, leaseDuration: 1_000, partitions }
const start = () => {
  const projection = running((signal) => runProjection(totals(), options)(side, { signal }))
  started.push(projection)
  return projection
}
const rebuild = (
  args: ReadonlyArray<string>,
  outside: Parameters<typeof cli>[1] & { readonly version?: number } = {},
) => {
  const { version = 1, ...rest } = outside
  const importModule = async () => ({ totals: totals(version) })
  return cli(['rebuild', 'totals', '--url', side.url, ...args], { importModule, ...rest })
}
const given = ['--module', 'totals.ts']
const active = () => right(side.documents.active('totals'))
const built = async (): Promise<number> => {
  const steps = Array.from({ length: 300 }, (_, index) => index)
  const last = (await appendTicks(side.store, 'counter-1', ...steps)).at(-1)!
  const projection = start()
  await eventually(async () => (await right(side.subscriptions.reached('totals@1.1'))) === last)
  await projection.stop()
  return last
}

describe('reprise rebuild', () => {
  it('builds beside the running one, switches, and leaves the documents as they were', async () => {
    await built()
    const reader = projectionReader(totals())(side)
    const before = await right(reader.get('counter-1'))
    await side.db.executeQuery(CompiledQuery.raw('delete from reprise.documents'))
    expect(await right(reader.get('counter-1'))).toBeUndefined()
    const { exitCode, out, error } = await rebuild(given)
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' })
    expect(out).toMatch(
      /^totals: \d+ %, at \d+ of 300\n[^]*Readers of totals see build 2 of version 1;/,
    )
    expect(await active()).toEqual({ version: 1, build: 2, collection: 'totals@1.2' })
    expect(await right(reader.get('counter-1'))).toEqual(before)
    expect(out).toMatch(
      /build 1 of version 1 is kept for 24 h\. To go back to it: npx reprise rollback totals\.\n$/,
    )
    expect(await right(side.subscriptions.reached('totals@1.1'))).toBe(300)
  })

  it('is gone over to by a program that runs the projection with several partitions', async () => {
    const last = await built()
    const projection = start()
    expect((await rebuild(given)).exitCode).toBe(0)
    const [next] = await appendTicks(side.store, 'counter-2', 1)
    expect(next).toBeGreaterThan(last)
    await eventually(async () => (await right(side.subscriptions.reached('totals@1.2'))) === next)
    expect(await projection.stop()).toEqual({ _tag: 'Right' })
  })

  it('keeps the old build for the given number of seconds', async () => {
    await built()
    expect((await rebuild([...given, '--keep-for', '3600'])).out).toMatch(/is kept for 60 min\./)
    const [old] = await right(side.documents.builds('totals'))
    const keptFor = (old?.keptUntil ?? 0) - Date.now()
    expect(keptFor).toBeGreaterThan(3_500_000)
    expect(keptFor).toBeLessThan(3_601_000)
    expect((await rebuild([...given, '--keep-for', '0'])).out).toMatch(/version 1 is deleted\.\n$/)
    const states = (await right(side.documents.builds('totals'))).map(
      ({ build, state }) => `${build} ${state}`,
    )
    expect(states).toEqual(['1 kept', '3 active'])
    expect((await rebuild([...given, '--keep-for', 'a day'])).exitCode).toBe(2)
  })

  it('prints its progress as JSON, one object per line', async () => {
    await built()
    const { out } = await rebuild([...given, '--json'])
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines.at(-2)).toMatchObject({ progress: { target: 300, reached: 300, percent: 100 } })
    expect(lines.at(-1)).toMatchObject({
      activated: { projection: 'totals', version: 1, build: 2 },
    })
  })

  it('draws a bar on a terminal', async () => {
    await built()
    const { out } = await rebuild(given, { columns: 80 })
    expect(out).toContain('totals [==')
    expect(out).toMatch(/100% \| 300\/300/)
    expect(out).toMatch(/Readers of totals see build 2 of version 1;/)
  })

  it('deletes what it has built when it is interrupted', async () => {
    await built()
    const { exitCode, error } = await rebuild(given, {
      onInterrupt: (stop) => {
        stop()
        return () => undefined
      },
    })
    expect(exitCode).toBe(1)
    expect(error).toMatch(
      /^reprise: Interrupted: .* Readers see build 1 of version 1 as before.\n$/,
    )
    expect(await active()).toMatchObject({ build: 1 })
    expect(await right(side.subscriptions.reached('totals@1.2'))).toBeUndefined()
  })

  it('ends at an event that cannot be handled: readers never get a build with a hole', async () => {
    await built()
    const broken = { ...totals(), key: () => undefined!['x'] as string }
    const importModule = async () => ({ default: broken })
    const failing = () => rebuild(given, { importModule })
    for (const result of [await failing(), await failing()]) {
      expect(result.exitCode).toBe(1)
      expect(result.error).toMatch(/position 1: .*Readers see build 1 of version 1 as before.\n$/)
    }
    expect((await rebuild(given)).exitCode).toBe(0)
  })

  it('starts over when an earlier one has crashed, and fails while another one runs', async () => {
    await built()
    await right(side.documents.begin('totals', 1))
    await right(side.subscriptions.register({ name: 'totals@1.2', partitions: 1, position: 300 }))
    const { leases } = await right(side.subscriptions.claim('totals@1.2', 'another', 60_000))
    expect((await rebuild(given)).error).toMatch(/^reprise: Another process is building totals@1.2/)
    await right(side.subscriptions.leave('totals@1.2', 'another'))
    await right(side.subscriptions.release(leases[0]!))
    expect((await rebuild(given)).exitCode).toBe(0)
    expect(await right(projectionReader(totals())(side).get('counter-1'))).toMatchObject({
      events: 300,
    })
  })

  it('says what is missing without a module, or without a first build', async () => {
    const bare = await rebuild([])
    expect(bare.exitCode).toBe(2)
    expect(bare.error).toMatch(/give the module that exports totals: --module <file>/)
    expect((await rebuild(given)).error).toMatch(/The projection totals has never run here/)
    expect((await rebuild(given, { importModule: async () => ({}) })).error).toMatch(
      /exports no projection/,
    )
  })

  it('builds a later version only with --yes, and an earlier one never', async () => {
    await built()
    const later = await rebuild(given, { version: 2 })
    expect(later.exitCode).toBe(2)
    expect(later.error).toMatch(/version 2 of totals, but readers see version 1.*add --yes/)
    expect((await rebuild([...given, '--yes'], { version: 2 })).exitCode).toBe(0)
    expect(await active()).toMatchObject({ version: 2, build: 1 })
    const earlier = await rebuild(given)
    expect(earlier.exitCode).toBe(1)
    expect(earlier.error).toMatch(/version 2/)
  })
})
