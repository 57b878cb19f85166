import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import fc from 'fast-check'
import * as t from 'io-ts'
import { stateCodec } from '../../src/core/codec/state-codec'
import { replay } from '../../src/core/decider'
import type { ProjectionByKeys } from '../../src/core/projection'
import type { EventStore } from '../../src/core/ports/event-store'
import type { InlineProjection } from '../../src/core/ports/inline-projection'
import type { ProjectionNotice } from '../../src/shell/projection/environment'
import type { ProjectionOptions } from '../../src/shell/projection/follow'
import { inlineDocuments, inlineProjection } from '../../src/shell/projection/inline'
import { projectionReader } from '../../src/shell/projection/reader'
import { rebuildProjection } from '../../src/shell/projection/rebuild-projection'
import { runProjection } from '../../src/shell/projection/run-projection'
import type { ReadSideUnderTest } from '../contracts/read-side'
import { type Total, totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { decideStream, heldBy } from '../support/operating'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { appendTicks, type Tick, tick, ticks } from '../support/ticks'

export interface ProjectionsUnderTest<Transaction> extends ReadSideUnderTest<Transaction> {
  readonly storeWith: (projections: ReadonlyArray<InlineProjection<Transaction>>) => EventStore
}

const everything = { after: '', limit: 1_000 }
const options = { leaseDuration: 600, maxPollInterval: 20, batchSize: 7 }

/** What projections do on every store. */
export const projectionSuite = <Transaction>(
  open: () => Promise<ProjectionsUnderTest<Transaction>>,
): void => {
  let side: ProjectionsUnderTest<Transaction>
  let notices: ProjectionNotice[]
  beforeEach(async () => {
    side = await open()
    notices = []
  })
  afterEach(() => side.close())

  const observed = (signal: AbortSignal) => ({
    signal,
    onNotice: (notice: ProjectionNotice) => void notices.push(notice),
  })
  const start = (version = 1, more: ProjectionOptions = {}) =>
    running((signal) =>
      runProjection(totals(version), { ...options, ...more })(side, observed(signal)),
    )
  const reader = (version = 1) => projectionReader(totals(version))(side)
  const tags = () => notices.map(({ _tag }) => _tag)

  it('keeps documents up to date, and lets a writer wait for them', async () => {
    const run = start()
    const [, last] = await appendTicks(side.store, 'tick-1', 1, 2)
    await eventually(() => right(side.documents.active('totals')))
    await right(reader().until(last ?? 0, 20_000))
    expect(await right(reader().get('tick-1'))).toEqual({ sum: 5, events: 2 })
    expect(await right(reader().get('tick-2'))).toBeUndefined()
    expect(await right(reader().all(everything))).toMatchObject({ more: false })
    expect(await run.stop()).toEqual(E.right(undefined))
  })

  it('says which document does not decode', async () => {
    await right(side.documents.put('totals', 'tick-1', { sum: 'much' }))
    expect(await left(reader().get('tick-1'))).toMatchObject({
      _tag: 'UndecodableDocument',
      key: 'tick-1',
    })
    expect(await left(reader().all(everything))).toMatchObject({ _tag: 'UndecodableDocument' })
  })

  it('deletes a document that is gone', async () => {
    const gone = { ...totals(), isGone: ({ sum }: { readonly sum: number }) => sum === 0 }
    const run = running((signal) => runProjection(gone, options)(side, observed(signal)))
    await appendTicks(side.store, 'tick-1', 1)
    await eventually(() => right(reader().get('tick-1')))
    await right(
      side.store.append({
        streamId: 'tick-1',
        expectedVersion: 'any',
        events: [tick(0, 'Reset')],
        commands: [],
      }),
    )
    await eventually(async () => (await right(reader().get('tick-1'))) === undefined)
    await run.stop()
  })

  it('changes several documents with one event, asynchronously and inline', async () => {
    const byDigit = (name: string): ProjectionByKeys<Total & { readonly key: string }, Tick> => ({
      ...totals(),
      name,
      keys: ({ streamId, event }) =>
        event.type === 'Reset' ? [] : [streamId, `by ${event.by}`, streamId],
      view: (key) => ({
        initialState: { sum: 0, events: 0, key },
        evolve: (before, event) => ({
          ...before,
          sum: event.type === 'Reset' ? before.sum : before.sum + event.by,
          events: before.events + 1,
        }),
      }),
      state: stateCodec(1, t.strict({ sum: t.number, events: t.number, key: t.string })),
    })
    const store = side.storeWith([inlineDocuments(byDigit('inline'))])
    const run = running((signal) =>
      runProjection(byDigit('digits'), options)(side, observed(signal)),
    )
    await appendTicks(store, 'tick-1', 3, 4)
    const last = (await appendTicks(store, 'tick-2', 3)).at(-1) ?? 0
    await right(projectionReader(byDigit('digits'))(side).until(last, 20_000))
    for (const name of ['digits', 'inline']) {
      const page = await right(projectionReader(byDigit(name))(side).all(everything))
      expect(page.entries).toEqual([
        { key: 'by 3', state: { sum: 6, events: 2, key: 'by 3' } },
        { key: 'by 4', state: { sum: 4, events: 1, key: 'by 4' } },
        { key: 'tick-1', state: { sum: 7, events: 2, key: 'tick-1' } },
        { key: 'tick-2', state: { sum: 3, events: 1, key: 'tick-2' } },
      ])
    }
    await run.stop()
  })

  it('lists by declared fields, page by page', async () => {
    const sorted = { ...totals(), indexes: { bySum: ['events', 'sum'] } }
    const run = running((signal) => runProjection(sorted, options)(side, observed(signal)))
    for (const sum of [5, 1, 4, 2, 3]) await appendTicks(side.store, `tick-${sum}`, sum)
    const last = (await appendTicks(side.store, 'tick-3', 0)).at(-1) ?? 0
    const lists = projectionReader(sorted)(side)
    await right(lists.until(last, 20_000))
    const sums: number[] = []
    let next: string | undefined
    do {
      const page = await right(
        lists.list('bySum', {
          where: { events: 1 },
          limit: 2,
          order: 'descending',
          ...(next === undefined ? {} : { after: next }),
        }),
      )
      sums.push(...page.entries.map(({ state }) => state.sum))
      next = page.next
    } while (next !== undefined)
    expect(sums).toEqual([5, 4, 2, 1])
    const all = await right(lists.list('bySum'))
    expect(all).toMatchObject({ entries: [{}, {}, {}, {}, { key: 'tick-3', state: { sum: 9 } }] })
    expect(all.next).toBeUndefined()
    const refused = { _tag: 'StoreFailed', reason: 'DataRefused' }
    expect(await left(lists.list('byEvents'))).toMatchObject(refused)
    expect(await left(lists.list('bySum', { where: { sum: 1 } }))).toMatchObject(refused)
    expect(await left(lists.list('bySum', { after: 'nowhere' }))).toMatchObject(refused)
    expect(await left(lists.list('bySum', { from: 'a\u0000b' }))).toMatchObject(refused)
    expect(
      await left(lists.list('bySum', { where: { events: 1, sum: 1 }, from: 1 })),
    ).toMatchObject(refused)
    await run.stop()
    expect(await right(rebuildProjection(sorted, options)(side))).toMatchObject({ build: 2 })
    expect((await right(lists.list('bySum'))).entries).toEqual(all.entries)
  })

  it('is the same inline, asynchronous, rebuilt and replayed, whatever happened', async () => {
    const steps = fc.array(
      fc.array(
        fc.record({ stream: fc.integer({ min: 0, max: 4 }), by: fc.integer({ min: -1, max: 9 }) }),
        { minLength: 1, maxLength: 8 },
      ),
      { minLength: 1, maxLength: 12 },
    )
    const inline = inlineDocuments({ ...totals(), name: 'inline' })
    const store = side.storeWith([inline])
    const history = new Map<string, Tick[]>()
    const run = start()
    await fc.assert(
      fc.asyncProperty(steps, async (appends) => {
        let last = 0
        for (const append of appends) {
          const streamId = `tick-${append[0]?.stream ?? 0}`
          const events = append.map(({ by }) => tick(by, by < 0 ? 'Reset' : 'Ticked'))
          const ticked = append.map(({ by }): Tick =>
            by < 0 ? { type: 'Reset' } : { type: 'Ticked', by },
          )
          history.set(streamId, [...(history.get(streamId) ?? []), ...ticked])
          const request = { streamId, expectedVersion: 'any', events, commands: [] } as const
          last = (await right(store.append(request))).positions.at(-1) ?? 0
        }
        await right(reader().until(last, 20_000))
        const replayed = [...history]
          .map(([key, events]) => ({ key, state: replay(totals().view, events) }))
          .sort((a, b) => (a.key < b.key ? -1 : 1))
        const inlined = projectionReader({ ...totals(), name: 'inline' })(side)
        expect((await right(reader().all(everything))).entries).toEqual(replayed)
        expect((await right(inlined.all(everything))).entries).toEqual(replayed)
      }),
      { numRuns: 15 },
    )
    const before = await right(reader().all(everything))
    const signal = new AbortController().signal
    const build = await right(rebuildProjection(totals(), options)(side, observed(signal)))
    expect(build?.build).toBe(2)
    expect(await right(reader().all(everything))).toEqual(before)
    await run.stop()
  })

  it('builds a new version beside the old one, and shows it when it has caught up', async () => {
    const old = start(1)
    await appendTicks(side.store, 'tick-1', 1, 2, 3)
    const [last] = await appendTicks(side.store, 'tick-2', 1)
    await eventually(() => right(side.documents.active('totals')))
    await right(reader().until(last ?? 0, 20_000))
    const next = start(2, { keepOldBuild: 0 })
    await eventually(() => tags().includes('BuildActivated'))
    expect(await right(side.documents.active('totals'))).toMatchObject({ version: 2, build: 1 })
    expect(await right(reader(2).get('tick-1'))).toEqual({ sum: 18, events: 3 })
    expect(await old.ended).toMatchObject(
      E.left({ _tag: 'ProjectionOutdated', declared: 1, active: 2 }),
    )
    const [later] = await appendTicks(side.store, 'tick-2', 5)
    await right(reader(2).until(later ?? 0, 20_000))
    expect(await right(reader(2).get('tick-2'))).toEqual({ sum: 8, events: 2 })
    expect(tags()).toEqual(expect.arrayContaining(['BuildBegun', 'BuildProgress']))
    await eventually(
      async () =>
        (await right(side.documents.all('totals@1.1', everything))).documents.length === 0,
    )
    expect(await right(side.subscriptions.reached('totals@1.1'))).toBeUndefined()
    await next.stop()
  })

  it('cancels a rebuild, and leaves nothing of it', async () => {
    const run = start()
    const [last] = await appendTicks(side.store, 'tick-1', 1)
    await eventually(() => right(side.documents.active('totals')))
    await right(reader().until(last ?? 0, 20_000))
    await run.stop()
    const controller = new AbortController()
    const stuck = {
      ...totals(),
      view: {
        ...totals().view,
        evolve: () => {
          controller.abort()
          return { sum: Number.NaN, events: 0 }
        },
      },
    }
    const rebuilt = rebuildProjection(stuck, options)(side, observed(controller.signal))
    expect(await right(rebuilt)).toBeUndefined()
    expect(await right(side.documents.active('totals'))).toMatchObject({ build: 1 })
    expect(await right(side.subscriptions.reached('totals@1.2'))).toBeUndefined()
  })

  it('rejects the append when an inline projection fails, with its reason', async () => {
    const names = inlineProjection<Tick, Transaction>({
      name: 'unique sums',
      events: ticks,
      project: (recorded, transaction) => async () => {
        if (recorded.event.type === 'Reset') return E.right(undefined)
        const documents = side.documents.inTransaction(transaction)
        const key = String(recorded.event.by)
        await right(documents.lock('taken', [key]))
        const taken = await right(documents.get('taken', key))
        if (taken !== undefined) return E.left({ _tag: 'Taken', by: taken.value })
        return documents.put('taken', key, recorded.streamId)()
      },
    })
    const store = side.storeWith([names])
    const append = (streamId: string) =>
      store.append({ streamId, expectedVersion: 'any', events: [tick(7)], commands: [] })
    const racers = Array.from({ length: 10 }, (_, n) => append(`tick-${n}`)())
    const results = await Promise.all(racers)
    expect(results.filter(E.isRight)).toHaveLength(1)
    const refused = results.filter(E.isLeft).map((result) => result.left)
    expect(refused[0]).toMatchObject({
      _tag: 'ProjectionFailed',
      projection: 'unique sums',
      cause: { _tag: 'Taken' },
    })
    expect((await right(side.store.readAll({ after: 0, limit: 99 }))).events).toHaveLength(1)
  })

  it('holds back the streams whose documents cannot be made, and no others', async () => {
    const failing = {
      ...totals(),
      view: {
        ...totals().view,
        evolve: (state: { readonly sum: number; readonly events: number }, event: Tick) => {
          if (event.type === 'Ticked' && event.by === 13) throw new Error('unlucky')
          return totals().view.evolve(state, event)
        },
      },
    }
    const poison = { _tag: 'Park', attempts: 1, firstBackoff: 1, maxBackoff: 1 } as const
    const run = running((signal) =>
      runProjection(failing, { ...options, poison })(side, observed(signal)),
    )
    await appendTicks(side.store, 'tick-1', 1, 13, 2)
    const [last] = await appendTicks(side.store, 'tick-2', 1)
    await eventually(() => right(side.documents.active('totals')))
    await right(reader().until(last ?? 0, 20_000))
    expect(await right(reader().get('tick-1'))).toEqual({ sum: 1, events: 1 })
    expect(await right(reader().get('tick-2'))).toEqual({ sum: 1, events: 1 })
    const [parked] = await heldBy(side.operator, 'totals@1.1')
    expect(parked).toMatchObject({ streamId: 'tick-1', version: 2, parked: true })
    await decideStream(side.operator, 'totals@1.1', 'tick-1', 'skip')
    await eventually(async () => (await right(reader().get('tick-1')))?.events === 2)
    await run.stop()
  })

  it('ignores, inline, the events that it does not receive', async () => {
    const seen: string[] = []
    const hearing = inlineProjection<Tick, Transaction>({
      name: 'hearing',
      events: ticks,
      categories: ['tick'],
      project: ({ streamId, event }) =>
        TE.fromIO(() => void seen.push(`${streamId} ${event.type}`)),
    })
    const store = side.storeWith([hearing])
    await appendTicks(store, 'other-1', 1)
    const events = [tick(1, 'Unknown'), tick(1, 'Reset')]
    await right(store.append({ streamId: 'tick-1', expectedVersion: 'any', events, commands: [] }))
    expect(seen).toEqual(['tick-1 Reset'])
  })
}
