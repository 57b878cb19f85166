import { rebuildProjection, runProjection } from 'reprise'
import { memory } from 'reprise/memory'
import { backgroundRebuilds } from '../../src/cli/background-rebuilds'
import type { AnyProjection } from '../../src/cli/projection-module'
import type { Session } from '../../src/cli/session'
import { totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { right } from '../support/right'
import { running } from '../support/running'
import { appendTicks } from '../support/ticks'
import { studioOn } from './fixture'

/** A studio that may rebuild, with the code of the projection `totals`, as `reprise studio --operate --module` opens it. */
const studio = async () => {
  const backend = memory()
  await appendTicks(backend.store, 'tick-1', 1, 2, 3)
  const stopping = new AbortController()
  const session = { ...backend, place: 'a test', schema: 'reprise' } as unknown as Session
  const rebuilds = backgroundRebuilds(session, [totals(1) as AnyProjection], {
    signal: stopping.signal,
    now: () => 1_000,
  })
  const { get, post, postRaw } = studioOn(backend, { operator: 'ada', rebuilds })
  /** Readers see a build of the projection that has handled everything. */
  const build = async () => {
    const run = running((signal) => runProjection(totals(1))(backend, { signal }))
    await eventually(async () => {
      const [first] = await right(backend.documents.builds('totals'))
      return first?.state === 'active' && first.reached === 3
    })
    await right(() => run.stop())
  }
  const projections = () => get('/api/projections')
  const rebuild = { action: 'rebuild', subject: 'totals', reason: 'a wrong sum' }
  return { backend, rebuilds, build, projections, post, postRaw, get, rebuild }
}

describe('projections in the studio', () => {
  it('are shown with their builds side by side: the one that readers see, one that is made, one that is kept', async () => {
    const { backend, build, projections } = await studio()
    expect(await projections()).toMatchObject({ projections: [], rebuilds: [] })
    await build()
    await right(rebuildProjection(totals(1))(backend))
    await right(backend.documents.begin('totals', 2))
    expect(await projections()).toMatchObject({
      projections: [
        {
          projection: 'totals',
          builds: [
            { version: 1, build: 1, state: 'kept', keptUntil: expect.any(Number) as unknown },
            { version: 1, build: 2, state: 'active', reached: 3, held: 0 },
            { version: 2, build: 1, state: 'building' },
          ],
        },
      ],
      horizon: 3,
    })
  })

  it('are rebuilt, with the outcome beside the builds and the name of the operator in the audit', async () => {
    const { build, rebuilds, post, projections, get, rebuild } = await studio()
    await build()
    expect(await post('/api/operate', rebuild)).toEqual({
      message: 'The rebuild of totals has begun. Readers see the old build until it is done.',
    })
    await rebuilds.settled()
    expect(await projections()).toMatchObject({
      projections: [{ builds: [{ build: 1 }, { build: 2, state: 'active', reached: 3 }] }],
      rebuilds: [
        {
          projection: 'totals',
          startedAt: 1_000,
          state: 'done',
          message: 'Readers see build 2 of version 1.',
        },
      ],
    })
    expect(await get('/api/audit')).toMatchObject({
      entries: [
        {
          operator: 'ada',
          action: 'rebuild',
          subject: 'totals',
          detail: { reason: 'a wrong sum' },
          outcome: 'done',
        },
      ],
    })
  })

  it('are not rebuilt without a build, without their code, or twice at a time, and the audit says so', async () => {
    const { build, rebuilds, post, postRaw, get, rebuild } = await studio()
    const refused = async (content: object) => {
      const response = await postRaw('/api/operate', content)
      const problem: unknown = await response.json()
      const error: unknown = Reflect.get(Object(problem), 'error')
      return [response.status, error]
    }
    expect(await refused(rebuild)).toEqual([409, 'NeverBuilt'])
    await build()
    expect(await refused({ ...rebuild, subject: 'unknown' })).toEqual([409, 'NoProjection'])
    await post('/api/operate', rebuild)
    expect(await refused(rebuild)).toEqual([409, 'RebuildRunning'])
    await rebuilds.settled()
    const { entries } = (await get('/api/audit')) as {
      readonly entries: ReadonlyArray<{ readonly outcome: string }>
    }
    expect(entries.map(({ outcome }) => outcome)).toEqual(['failed', 'done', 'failed', 'failed'])
  })
})
