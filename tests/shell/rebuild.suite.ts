import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { EventSource } from '../../src/shell/subscription/environment'
import type { ProjectionNotice } from '../../src/shell/projection/environment'
import { readProjection } from '../../src/shell/projection/reader'
import { rebuildProjection } from '../../src/shell/projection/rebuild-projection'
import { runProjection } from '../../src/shell/projection/run-projection'
import { totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { appendTicks } from '../support/ticks'
import type { ProjectionsUnderTest } from './projection.suite'

const options = { leaseDuration: 600, longestPause: 20, batchSize: 7 }
const never = new AbortController().signal

/** What becomes of builds, and of those who wait for one, on every store. */
export const rebuildSuite = <Transaction>(
  open: () => Promise<ProjectionsUnderTest<Transaction>>,
): void => {
  let side: ProjectionsUnderTest<Transaction>
  let notices: ProjectionNotice[]
  beforeEach(async () => {
    side = await open()
    notices = []
  })
  afterEach(() => side.close())

  const start = (version = 1, store: EventSource = side.store) =>
    running((signal) => runProjection(totals(version), options)({ ...side, store }, { signal }))
  const rebuild = (version = 1, store: EventSource = side.store) =>
    rebuildProjection(totals(version), options)(
      { ...side, store },
      { observe: (notice) => void notices.push(notice) },
    )
  const reader = () => readProjection(totals())(side)
  const active = () => right(side.documents.active('totals'))
  const reached = (build: string) => right(side.subscriptions.reached(`totals@${build}`))
  /** Never gives anything, so whatever is built from it never catches up. */
  const silent = (): EventSource => ({
    ...side.store,
    readAll: () => TE.right({ events: [], upTo: 0, more: false }),
  })
  const built = async (version = 1) => {
    const run = start(version)
    const positions = await appendTicks(side.store, 'tick-1', 1, 2, 3)
    const last = positions.at(-1) ?? 0
    await right(reader().until(last, 20_000))
    await run.stop()
    return last
  }

  it('waits for what it reads before there is a first build', async () => {
    const [last] = await appendTicks(side.store, 'tick-1', 4)
    const waiting = reader().until(last ?? 0, 20_000)()
    expect(await left(reader().until(last ?? 0, 1))).toMatchObject({
      _tag: 'NotProjectedYet',
      subscription: 'totals',
      reached: undefined,
    })
    const run = start()
    expect(await waiting).toEqual(E.right(last))
    await run.stop()
  })

  it('goes on waiting when another build takes over', async () => {
    await built()
    const [later] = await appendTicks(side.store, 'tick-1', 4)
    const waiting = reader().until(later ?? 0, 20_000)()
    const next = start(2)
    expect(await waiting).toEqual(E.right(later))
    expect(await active()).toMatchObject({ version: 2 })
    await next.stop()
  })

  it('refuses to build a version that readers have left behind', async () => {
    await built(2)
    expect(await left(rebuild(1))).toMatchObject({
      _tag: 'ProjectionOutdated',
      declared: 1,
      active: 2,
    })
    expect(notices).toEqual([])
    expect(await reached('1.1')).toBeUndefined()
  })

  it('says so, and leaves nothing, when a later build has taken over', async () => {
    await built()
    const rebuilding = rebuild(1, silent())()
    await eventually(async () => (await reached('1.2')) !== undefined)
    const next = start(2)
    expect(await rebuilding).toMatchObject(
      E.left({
        _tag: 'ProjectionSuperseded',
        projection: 'totals',
        version: 1,
        build: 2,
        active: { version: 2, build: 1 },
      }),
    )
    expect(await reached('1.2')).toBeUndefined()
    await next.stop()
  })

  it('leaves nothing when it fails', async () => {
    const last = await built()
    const unlucky = {
      ...totals(),
      key: () => {
        throw new Error('unlucky')
      },
    }
    const poison = { _tag: 'Stop', attempts: 1, firstPause: 1, longestPause: 1 } as const
    const rebuilt = rebuildProjection(unlucky, { ...options, poison })(side, { signal: never })
    expect(await left(rebuilt)).toMatchObject({ _tag: 'SubscriptionStopped' })
    expect(await reached('1.2')).toBeUndefined()
    expect(await reached('1.1')).toBe(last)
    expect(await active()).toMatchObject({ version: 1, build: 1 })
  })

  it('ends for both when two make the same build', async () => {
    await built()
    const builds = await Promise.all([right(rebuild()), right(rebuild())])
    expect(builds.map((build) => build?.collection)).toEqual(['totals@1.2', 'totals@1.2'])
    expect(await right(reader().get('tick-1'))).toMatchObject({ events: 3 })
  })
}
