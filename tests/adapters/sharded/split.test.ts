import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { memory, type MemoryBackend } from '../../../src/adapters/memory/backend'
import { sharded } from '../../../src/adapters/sharded/backend'
import { cancelSplit, splitShard } from '../../../src/adapters/sharded/split'
import type { Split, SplitStep } from '../../../src/adapters/sharded/split-step'
import { storeFailed } from '../../../src/core/errors/store'
import type { SplitPart } from '../../../src/core/ports/split'
import { slotOf } from '../../../src/core/slots'
import { left, right } from '../../support/right'
import { freshId } from '../../support/stores'
import { appending } from '../../support/tally'

const nothing = TE.right(undefined)
const unexpected = (cause: unknown) => storeFailed('Unexpected', 'nothingWritten', cause)

/** A shard in memory, with what only PostgreSQL has. */
const partOf = ({
  asShard,
  store,
  operator,
}: MemoryBackend): SplitPart & { readonly dropped: string[] } => {
  const dropped: string[] = []
  return {
    ...asShard,
    dropped,
    log: TE.right({ isStandby: false, reached: 7 }),
    promote: nothing,
    newLineage: operator.newLineage(),
    activeProcessManagers: TE.right([]),
    pendingProcesses: TE.right([]),
    dropProcesses: () => nothing,
    streams: store.streams,
    reached: (streamId) => TE.mapLeft(unexpected)(store.version(streamId)),
    dropStreams: (streamIds) => () => {
      dropped.push(...streamIds)
      return Promise.resolve(E.right(streamIds.length))
    },
  }
}

/** What PostgreSQL's replication makes: it shows what the shard has, and once promoted keeps what it had at that moment. */
const standbyOf = (source: MemoryBackend) => {
  const copy = memory()
  let isStandby = true
  const part: SplitPart & { readonly dropped: string[] } = {
    ...partOf(copy),
    readMap: () => (isStandby ? source : copy).asShard.readMap(),
    log: () => Promise.resolve(E.right({ isStandby, reached: 7 })),
    promote: async () => {
      const map = await right(source.asShard.readMap)
      const page = await right(source.store.readAll({ after: 0, limit: 1_000 }))
      for (const { streamId } of page.events) await right(copy.store.append(appending(streamId)))
      if (map !== undefined) await right(copy.asShard.putMap(map, 0))
      isStandby = false
      return E.right(undefined)
    },
  }
  const backend = { ...copy, asShard: { ...copy.asShard, readMap: part.readMap } }
  return { backend, part }
}

const STEPS = ['move', 'promote', 'adopt', 'place', 'drop', 'drop']

describe('splitting a shard', () => {
  let one: MemoryBackend
  let two: MemoryBackend
  let standby: ReturnType<typeof standbyOf>
  let split: Split
  let steps: string[]
  beforeEach(async () => {
    ;[one, two] = [memory(), memory()]
    standby = standbyOf(one)
    await right(sharded([one, two]).slotMap)
    steps = []
    split = {
      shards: [partOf(one), partOf(two)],
      standby: standby.part,
      shard: 0,
      placement: {},
      patience: 50,
      settling: 0,
      onStep: ({ step }) => {
        steps.push(step)
        return Promise.resolve()
      },
    }
  })
  const all = () => sharded([one, two, standby.backend])
  const written = async (count: number): Promise<ReadonlyArray<string>> => {
    const ids = Array.from({ length: count }, () => `counter-${freshId()}`)
    for (const id of ids) await right(all().store.append(appending(id)))
    return ids
  }

  it('gives half of its slots to the standby, with their streams, and deletes on each side what the other has', async () => {
    const ids = await written(60)
    expect(await right(splitShard(split))).toMatchObject({ shard: 2, slots: 256 })
    expect(steps).toEqual(STEPS)
    const map = await right(all().slotMap)
    expect(map).toMatchObject({ epoch: 4, shards: 3, moving: [] })
    const on = (shard: number) => ids.filter((id) => map.slots[slotOf(id)] === shard).toSorted()
    expect(on(2).length).toBeGreaterThan(0)
    expect(partDropped(split.shards[0])).toEqual(on(2))
    expect(standby.part.dropped.toSorted()).toEqual(on(0))
    for (const id of ids) {
      expect(await right(all().store.version(id))).toBe(1)
      await right(all().store.append({ ...appending(id), expectedVersion: 1 }))
    }
    // Once more: it is done, and only what was left over is looked for.
    steps = []
    expect(await right(splitShard(split))).toMatchObject({ shard: 2, slots: 256 })
    expect(steps).toEqual(['drop', 'drop'])
  })

  it.each(['move', 'promote', 'adopt', 'place', 'drop'])(
    'goes on where it was when it ended before, or after, the step %s',
    async (step) => {
      const ids = await written(20)
      let met = 0
      const ending = (at: number): Split => ({
        ...split,
        onStep: (next: SplitStep) => {
          if (met >= at) return Promise.reject(new Error('killed'))
          if (next.step === step) met += 1
          return Promise.resolve()
        },
      })
      for (const at of [0, 1]) {
        met = 0
        const stopping = ending(at)
        const isThere: Split = {
          ...stopping,
          onStep: (next) =>
            next.step === step || met > 0 ? stopping.onStep(next) : Promise.resolve(),
        }
        await expect(splitShard(isThere)()).rejects.toThrow('killed')
      }
      expect(await right(splitShard(split))).toMatchObject({ shard: 2, slots: 256 })
      for (const id of ids) expect(await right(all().store.version(id))).toBe(1)
    },
  )

  it('lets appends to streams that move wait until they are placed, and no others', async () => {
    const [a] = await written(1)
    const map = await right(all().slotMap)
    const idOn = (isUpper: boolean): string => {
      for (;;) {
        const id = `counter-${freshId()}`
        const slot = slotOf(id)
        if (map.slots[slot] === 0 && slot >= 256 === isUpper) return id
      }
    }
    expect(a).toBeDefined()
    const [moving, staying] = [idOn(true), idOn(false)]
    await expect(
      splitShard({
        ...split,
        onStep: ({ step }) =>
          step === 'promote' ? Promise.reject(new Error('killed')) : Promise.resolve(),
      })(),
    ).rejects.toThrow('killed')
    const waiting = right(all().store.append(appending(moving)))
    await right(all().store.append(appending(staying)))
    expect(await right(one.store.version(moving))).toBe(0)
    await right(splitShard(split))
    await waiting
    expect(await right(standby.backend.store.version(moving))).toBe(1)
  })

  it('is cancelled before the new map is in force: every stream stays, and takes appends', async () => {
    const ids = await written(10)
    await expect(
      splitShard({
        ...split,
        onStep: ({ step }) =>
          step === 'adopt' ? Promise.reject(new Error('killed')) : Promise.resolve(),
      })(),
    ).rejects.toThrow('killed')
    await right(cancelSplit(split))
    expect(await right(sharded([one, two]).slotMap)).toMatchObject({ epoch: 4, moving: [] })
    for (const id of ids) await right(all().store.append({ ...appending(id), expectedVersion: 1 }))
    expect(await left(cancelSplit(split))).toMatchObject({ reason: 'NothingToCancel' })
    // The standby that was promoted is none any more.
    expect(await left(splitShard(split))).toMatchObject({ reason: 'NotAStandby' })
  })

  it('is refused with what is wrong, and then no slot is moving', async () => {
    const stranger = standbyOf(memory()).part
    const behind: SplitPart = {
      ...standby.part,
      log: TE.right({ isStandby: true, reached: 6 }),
    }
    const [first, second] = split.shards
    const withFirst = (more: Partial<SplitPart>) => ({
      shards: [{ ...(first ?? standby.part), ...more }, second ?? standby.part],
    })
    const pending = TE.right([{ process: 'orders', key: '7' }])
    const wrong: ReadonlyArray<readonly [string, Partial<Split>]> = [
      ['NoSuchShard', { shard: 2 }],
      ['NotAStandby', { standby: partOf(memory()) }],
      ['OtherStandby', { standby: stranger }],
      ['OtherStandby', { shard: 1 }],
      ['StandbyBehind', { standby: behind }],
      ['ProcessManagerActive', withFirst({ activeProcessManagers: TE.right(['orders']) })],
      ['ProcessesNotPlaced', withFirst({ pendingProcesses: pending })],
    ]
    for (const [reason, more] of wrong) {
      expect(await left(splitShard({ ...split, ...more }))).toMatchObject({
        _tag: 'SplitRefused',
        reason,
      })
    }
    // Shards that are not those of the map: as everywhere.
    for (const shards of [split.shards.slice(0, 1), split.shards.toReversed()]) {
      expect(await left(splitShard({ ...split, shards }))).toMatchObject({ reason: 'OtherSlotMap' })
    }
    expect(
      await left(splitShard({ ...split, shards: [...split.shards, partOf(memory())] })),
    ).toMatchObject({ reason: 'OtherShards' })
    expect(await right(all().slotMap)).toMatchObject({ epoch: 2, moving: [] })
  })

  it('is refused with another placement than that of the programs, at the beginning and before it deletes', async () => {
    const ids = await written(30)
    const other: Split = { ...split, placement: { stream: (id) => `another ${id}` } }
    const refused = { _tag: 'SplitRefused', reason: 'OtherPlacement' }
    expect(await left(splitShard(other))).toMatchObject(refused)
    expect(await right(all().slotMap)).toMatchObject({ epoch: 2, moving: [] })
    await expect(
      splitShard({
        ...split,
        onStep: ({ step }) =>
          step === 'drop' ? Promise.reject(new Error('killed')) : Promise.resolve(),
      })(),
    ).rejects.toThrow('killed')
    const dropped = () => [partDropped(split.shards[0]).length, standby.part.dropped.length]
    const before = dropped()
    expect(await left(splitShard(other))).toMatchObject(refused)
    expect(dropped()).toEqual(before)
    for (const id of ids) expect(await right(all().store.version(id))).toBe(1)
  })

  it('stops moving when the standby does not hear of it, and refuses one that was promoted too early', async () => {
    const before = await right(one.asShard.readMap)
    const deaf: SplitPart = { ...standby.part, readMap: TE.right(before) }
    expect(await left(splitShard({ ...split, standby: deaf }))).toMatchObject({
      reason: 'StandbyBehind',
    })
    const map = await right(all().slotMap)
    expect(map).toMatchObject({ epoch: 4, moving: [] })
    const early: Split = {
      ...split,
      onStep: async ({ step }) => {
        if (step === 'move') await right(standby.part.promote)
      },
    }
    expect(await left(splitShard(early))).toMatchObject({ reason: 'PromotedEarly' })
    expect(await left(splitShard({ ...split, shard: 1 }))).toMatchObject({
      reason: 'AnotherSplit',
    })
    await right(cancelSplit(split))
    expect(await right(all().slotMap)).toMatchObject({ epoch: 6, moving: [] })
  })

  it('deletes from the outbox of each side what belongs to processes of the other', async () => {
    const pendingIn = (part: SplitPart) => {
      const rows = Array.from({ length: 40 }, (_, index) => ({
        process: 'orders',
        key: `${index}`,
      }))
      const left = new Set(rows)
      return {
        left,
        part: {
          ...part,
          pendingProcesses: () => Promise.resolve(E.right([...left])),
          dropProcesses: (gone: ReadonlyArray<{ readonly key: string }>) => () => {
            for (const row of rows) if (gone.some(({ key }) => key === row.key)) left.delete(row)
            return Promise.resolve(E.right(undefined))
          },
        },
      }
    }
    const [first, second] = split.shards
    const [here, there] = [pendingIn(first ?? standby.part), pendingIn(standby.part)]
    const placement = { process: (_process: string, key: string) => `order-${key}` }
    await right(
      splitShard({
        ...split,
        shards: [here.part, second ?? standby.part],
        standby: there.part,
        placement,
      }),
    )
    const map = await right(all().slotMap)
    const on = ({ left: rows }: typeof here) =>
      [...rows].map(({ key }) => map.slots[slotOf(`order-${key}`)])
    // Each is on one side: none is lost, not even one that should not have been there.
    expect(on(here)).not.toContain(2)
    expect(new Set(on(there))).toEqual(new Set([2]))
    expect(here.left.size + there.left.size).toBe(40)
  })
})

const partDropped = (part: SplitPart | undefined): ReadonlyArray<string> =>
  (
    part as (SplitPart & { readonly dropped: ReadonlyArray<string> }) | undefined
  )?.dropped.toSorted() ?? []
