import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'io-ts'
import { stateCodec } from '../../src/core/codec/state-codec'
import type { Projection } from '../../src/core/projection'
import type { BuildStatus } from '../../src/core/ports/projection-store'
import type { FollowedStore } from '../../src/core/ports/backend'
import type { ProjectionNotice } from '../../src/shell/projection/environment'
import type { ProjectionOptions } from '../../src/shell/projection/follow'
import { projectionReader } from '../../src/shell/projection/reader'
import { rebuildProjection } from '../../src/shell/projection/rebuild-projection'
import { rollBackProjection } from '../../src/shell/projection/roll-back-projection'
import { runProjection } from '../../src/shell/projection/run-projection'
import { type Total, totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { decideStream } from '../support/operating'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { appendTicks, type Tick, ticks } from '../support/ticks'
import type { ProjectionsUnderTest } from './projection.suite'

const everything = { after: '', limit: 1_000 }
const options = { leaseDuration: 600, maxPollInterval: 20, batchSize: 7 }
const never = new AbortController().signal

/** Fails at the tick that adds `by`. */
const failingAt = (by: number, version = 1): Projection<Total, Tick> => {
  const { view, ...rest } = totals(version)
  const evolve: typeof view.evolve = (state, event) => {
    if (event.type === 'Ticked' && event.by === by) throw new Error('unlucky')
    return view.evolve(state, event)
  }
  return { ...rest, view: { ...view, evolve } }
}

/** Version 2 of the totals: documents that version 1 cannot decode. */
const listed: Projection<ReadonlyArray<number>, Tick> = {
  name: 'totals',
  version: 2,
  events: ticks,
  key: ({ streamId }) => streamId,
  view: {
    initialState: [],
    evolve: (steps, event) => (event.type === 'Reset' ? [] : [...steps, event.by]),
  },
  state: stateCodec(1, t.readonlyArray(t.number)),
}

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

  const start = (version = 1, store: FollowedStore = side.store, more: ProjectionOptions = {}) =>
    running((signal) =>
      runProjection(totals(version), { ...options, ...more })({ ...side, store }, { signal }),
    )
  const startListing = () => running((signal) => runProjection(listed, options)(side, { signal }))
  const rebuild = (version = 1, store: FollowedStore = side.store) =>
    rebuildProjection(totals(version), options)(
      { ...side, store },
      { onNotice: (notice) => void notices.push(notice) },
    )
  const reader = (version = 1) => projectionReader(totals(version))(side)
  const active = () => right(side.documents.active('totals'))
  const reached = (build: string) => right(side.subscriptions.reached(`totals@${build}`))
  const onNotice = (notice: ProjectionNotice) => void notices.push(notice)
  const tags = () => notices.map(({ _tag }) => _tag)
  const statesOf = async () =>
    (await right(side.documents.builds('totals'))).map(
      ({ version, build, state }) => `${version}.${build} ${state}`,
    )
  const instancesOf = async (wanted: string) =>
    (await right(side.documents.builds('totals'))).find(
      ({ version, build }) => `${version}.${build}` === wanted,
    )?.instances
  /** Never gives anything, so whatever is built from it never catches up. */
  const silent = (): FollowedStore => ({
    ...side.store,
    readAll: (range) =>
      pipe(
        side.store.readAll(range),
        TE.map((page) => ({ ...page, events: [], upTo: 0, more: false })),
      ),
  })
  const silentSide = () => ({ ...side, store: silent() })
  const built = async (version = 1) => {
    const run = start(version)
    const positions = await appendTicks(side.store, 'tick-1', 1, 2, 3)
    const last = positions.at(-1) ?? 0
    await right(reader(version).until(last, 20_000))
    await run.stop()
    return last
  }

  it('waits for what it reads before there is a first build', async () => {
    const [last] = await appendTicks(side.store, 'tick-1', 4)
    const waiting = reader().until(last ?? 0, 20_000)()
    expect(await left(reader().until(last ?? 0, 1))).toMatchObject({
      _tag: 'NotReachedYet',
      subscription: 'totals',
      reached: undefined,
    })
    const run = start()
    expect(await waiting).toEqual(E.right(last))
    await run.stop()
  })

  it('continues to wait when another build takes over', async () => {
    await built()
    const [later] = await appendTicks(side.store, 'tick-1', 4)
    const waiting = reader(2).until(later ?? 0, 20_000)()
    const next = start(2)
    expect(await waiting).toEqual(E.right(later))
    expect(await active()).toMatchObject({ version: 2 })
    await next.stop()
  })

  it('rejects to build a version that readers have left behind', async () => {
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
    const poison = { _tag: 'Stop', attempts: 1, firstBackoff: 1, maxBackoff: 1 } as const
    const rebuilt = rebuildProjection(unlucky, { ...options, poison })(side, { signal: never })
    expect(await left(rebuilt)).toMatchObject({ _tag: 'SubscriptionStopped' })
    expect(await reached('1.2')).toBeUndefined()
    expect(await reached('1.1')).toBe(last)
    expect(await active()).toMatchObject({ version: 1, build: 1 })
  })

  it('gives two that rebuild at once a build each, and the later one stays', async () => {
    await built()
    const ends = await Promise.all([rebuild()(), rebuild()()])
    const begun = notices.flatMap((notice) => (notice._tag === 'BuildBegun' ? notice.build : []))
    expect(begun).toEqual([2, 3])
    // The one with the lower number is superseded if it comes later.
    const answers = ends.map((end) => (E.isRight(end) ? `${end.right?.build}` : end.left._tag))
    expect(['2,3', '3,ProjectionSuperseded']).toContain(answers.sort().join())
    expect(await active()).toMatchObject({ build: 3 })
    expect(await right(reader().get('tick-1'))).toMatchObject({ events: 3 })
  })

  it('does not continue what a crashed rebuild has left', async () => {
    const last = await built()
    const left = await right(side.documents.begin('totals', 1))
    await right(
      side.subscriptions.register({ name: left.collection, partitions: 1, position: last }),
    )
    await right(side.documents.put(left.collection, 'tick-1', { sum: 0, events: 99 }))
    expect(await right(rebuild())).toMatchObject({ build: 3 })
    expect(await right(reader().get('tick-1'))).toMatchObject({ events: 3 })
    expect(await statesOf()).toEqual(['1.1 kept', '1.2 building', '1.3 active'])
  })

  it('does not continue what was left by a version that was withdrawn, and fixed under the same number', async () => {
    await built()
    const unlucky = { ...totals(2), key: () => 'one for all' }
    const broken = running((signal) => runProjection(unlucky, options)(silentSide(), { signal }))
    await eventually(async () => (await reached('2.1')) !== undefined)
    await right(side.documents.put('totals@2.1', 'one for all', { sum: 0, events: 99 }))
    expect(await broken.stop()).toEqual(E.right(undefined))
    expect(await statesOf()).toEqual(['1.1 active'])
    const fixed = start(2)
    await eventually(async () => (await active())?.version === 2)
    expect(await active()).toMatchObject({ version: 2, build: 2 })
    expect((await right(reader(2).all(everything))).entries.map(({ key }) => key)).toEqual([
      'tick-1',
    ])
    await fixed.stop()
  })

  it('lets all processes of a release make one build, also when the first of them dies', async () => {
    const last = await built()
    const first = start(2, silent())
    await eventually(async () => (await reached('2.1')) !== undefined)
    const second = start(2)
    await eventually(async () => (await instancesOf('2.1')) === 2)
    await first.stop()
    await eventually(async () => (await active())?.version === 2)
    expect(await active()).toMatchObject({ version: 2, build: 1 })
    expect(await right(reader(2).until(last, 20_000))).toBe(last)
    await second.stop()
  })

  it('never shows a build with a hole: says why, and takes over when that is decided', async () => {
    await built()
    await appendTicks(side.store, 'tick-2', 13)
    const poison = { _tag: 'Park', attempts: 1, firstBackoff: 1, maxBackoff: 1 } as const
    let looks = 0
    /** Every second time it is looked at, the build is a little behind: so it is while events come in. */
    const fallingBehind = {
      ...side.documents,
      builds: (name: string) =>
        TE.map((builds: ReadonlyArray<BuildStatus>) =>
          ++looks % 2 === 0
            ? builds.map((build) => (build.version === 2 ? { ...build, reached: 0 } : build))
            : builds,
        )(side.documents.builds(name)),
    }
    const run = running((signal) =>
      runProjection(failingAt(13, 2), { ...options, poison })(
        { ...side, documents: fallingBehind },
        { signal, onNotice },
      ),
    )
    await eventually(() => tags().includes('BuildHeldBack'))
    const old = start()
    const [later] = await appendTicks(side.store, 'tick-3', 1)
    await right(reader().until(later ?? 0, 20_000))
    await eventually(async () => (await reached('2.1')) === later)
    const looksBefore = looks
    await eventually(() => looks > looksBefore + 4)
    expect(await active()).toMatchObject({ version: 1, build: 1 })
    const heldBack = notices.filter(({ _tag }) => _tag === 'BuildHeldBack')
    expect(heldBack).toEqual([
      { _tag: 'BuildHeldBack', projection: 'totals', version: 2, build: 1, held: 1 },
    ])
    await decideStream(side.operator, 'totals@2.1', 'tick-2', 'skip')
    await eventually(async () => (await active())?.version === 2)
    await Promise.all([run.stop(), old.stop()])
  })

  it('ends a rebuild at an event that cannot be handled, and leaves nothing of it', async () => {
    await built()
    const ended = await left(
      rebuildProjection(failingAt(2), {
        ...options,
        poison: { _tag: 'Stop', attempts: 2, firstBackoff: 1, maxBackoff: 1 },
      })(side, { signal: never }),
    )
    expect(ended).toMatchObject({ _tag: 'SubscriptionStopped' })
    expect(await statesOf()).toEqual(['1.1 active'])
  })

  it('shows readers of each release documents of their own version, while both run', async () => {
    await built()
    const [old, next] = [start(1), startListing()]
    await eventually(async () => (await active())?.version === 2)
    const [later] = await appendTicks(side.store, 'tick-1', 4)
    const listing = projectionReader(listed)(side)
    await right(reader().until(later ?? 0, 20_000))
    await right(listing.until(later ?? 0, 20_000))
    expect(await right(reader().get('tick-1'))).toMatchObject({ events: 4 })
    expect(await right(reader().all(everything))).toMatchObject({ entries: [{ key: 'tick-1' }] })
    expect(await right(listing.get('tick-1'))).toEqual([1, 2, 3, 4])
    expect(await statesOf()).toEqual(['1.1 kept', '2.1 active'])
    await Promise.all([old.stop(), next.stop()])
  })

  it('fails for readers of a release whose build is not there yet, or not any more', async () => {
    await built()
    expect(await left(reader(2).get('tick-1'))).toMatchObject({
      _tag: 'ProjectionNotBuilt',
      declared: 2,
      active: 1,
    })
    const next = start(2, side.store, { keepOldBuild: 0 })
    await eventually(async () => (await statesOf()).join() === '2.1 active')
    const outdated = { _tag: 'ProjectionOutdated', declared: 1, active: 2 }
    expect(await left(reader().get('tick-1'))).toMatchObject(outdated)
    expect(await left(reader().all(everything))).toMatchObject(outdated)
    expect(await left(reader().until(1_000, 20_000))).toMatchObject(outdated)
    await next.stop()
  })

  it('goes back to the build before, which the older release brings up to date', async () => {
    const last = await built()
    const next = startListing()
    await eventually(async () => (await active())?.version === 2)
    const [later] = await appendTicks(side.store, 'tick-1', 4)
    expect(await right(rollBackProjection('totals')(side))).toMatchObject({
      from: { version: 2, build: 1 },
      to: { version: 1, build: 1 },
    })
    expect(await next.ended).toMatchObject(
      E.left({ _tag: 'ProjectionRolledBack', projection: 'totals', version: 2 }),
    )
    expect(await reached('1.1')).toBe(last)
    const old = start(1)
    await right(reader().until(later ?? 0, 20_000))
    expect(await right(reader().get('tick-1'))).toMatchObject({ events: 4 })
    expect(await left(projectionReader(listed)(side).get('tick-1'))).toMatchObject({
      _tag: 'ProjectionNotBuilt',
    })
    // A supervisor that starts it again does not bring the version back that was left.
    expect(await startListing().ended).toMatchObject(E.left({ _tag: 'ProjectionRolledBack' }))
    const fixed = await right(rebuildProjection(listed, options)(side, { signal: never }))
    expect(fixed).toMatchObject({ version: 2, build: 2 })
    expect(await right(projectionReader(listed)(side).get('tick-1'))).toEqual([1, 2, 3, 4])
    await old.stop()
  })

  it('goes back after a rebuild too, and the running processes go with it', async () => {
    await built()
    const run = start()
    await right(rebuild())
    await eventually(async () => (await instancesOf('1.2')) === 1)
    expect(await right(rollBackProjection('totals')(side))).toMatchObject({
      from: { build: 2 },
      to: { build: 1 },
    })
    const [later] = await appendTicks(side.store, 'tick-1', 4)
    await right(reader().until(later ?? 0, 20_000))
    expect(await right(reader().get('tick-1'))).toMatchObject({ events: 4 })
    await eventually(async () => (await statesOf()).join() === '1.1 active')
    expect(await left(rollBackProjection('totals')(side))).toMatchObject({
      _tag: 'NoEarlierBuild',
      projection: 'totals',
    })
    await run.stop()
  })

  it('ends when its subscription is removed', async () => {
    const run = start()
    await eventually(async () => (await reached('1.1')) !== undefined)
    await right(side.subscriptions.remove('totals@1.1'))
    expect(await run.ended).toMatchObject(
      E.left({ _tag: 'SubscriptionRemoved', subscription: 'totals@1.1' }),
    )
  })

  it('ends a rebuild whose build was removed', async () => {
    await built()
    const rebuilding = rebuild(1, silent())()
    await eventually(async () => (await instancesOf('1.2')) === 1)
    await right(side.subscriptions.remove('totals@1.2'))
    expect(await rebuilding).toMatchObject(
      E.left({ _tag: 'SubscriptionRemoved', subscription: 'totals@1.2' }),
    )
    expect(await statesOf()).toEqual(['1.1 active'])
  })
}
