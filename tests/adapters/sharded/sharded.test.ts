import * as E from 'fp-ts/Either'
import { memory } from '../../../src/adapters/memory/backend'
import { sharded } from '../../../src/adapters/sharded/backend'
import { storeFailed } from '../../../src/core/errors/store'
import { SLOTS, slotOf } from '../../../src/core/slots'
import { memoryShards, postgresShards, shardOfTwo, type TwoShards } from '../../support/shards'
import { eventually } from '../../support/eventually'
import { left, right } from '../../support/right'
import { freshId } from '../../support/stores'
import { appending } from '../../support/tally'

const idsOn = (shard: number, count: number): ReadonlyArray<string> => {
  const ids: string[] = []
  const slots = new Set<number>()
  while (ids.length < count) {
    const id = `counter-${freshId()}`
    if (shardOfTwo(id) !== shard || slots.has(slotOf(id))) continue
    slots.add(slotOf(id))
    ids.push(id)
  }
  return ids
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const anIdOn = (shard: number): string => idsOn(shard, 1)[0] ?? ''

const behave = <Transaction>(name: string, make: () => Promise<TwoShards<Transaction>>): void => {
  describe(`two shards in ${name}`, () => {
    let shards: TwoShards<Transaction>
    beforeEach(async () => {
      shards = await make()
    })
    afterEach(() => shards.close())

    it('hold each stream on the one shard of its slot, and list all of them in order', async () => {
      const [one, other] = shards.open()
      const backend = sharded([one, other])
      const ids = [...idsOn(0, 6), ...idsOn(1, 6)]
      for (const id of ids) await right(backend.store.append(appending(id, 2)))
      for (const id of ids) {
        const versions = [await right(one.store.version(id)), await right(other.store.version(id))]
        expect(versions).toEqual(shardOfTwo(id) === 0 ? [2, 0] : [0, 2])
        expect(await right(backend.store.version(id))).toBe(2)
        expect((await right(backend.sourceOf(id))).source).toBe(`shard-${shardOfTwo(id)}`)
      }
      const listed: string[] = []
      for (let after = ''; ; after = listed.at(-1) ?? '') {
        const page = await right(backend.store.streams({ after, limit: 5, category: 'counter' }))
        listed.push(...page.map(({ streamId }) => streamId))
        if (page.length < 5) break
      }
      expect(listed).toEqual(ids.toSorted())
    })

    it('refuse shards in another order, of other shards, too few of them, and a store with events', async () => {
      const [one, other] = shards.open()
      await right(sharded([one, other]).slotMap)
      const refused = { _tag: 'StoreFailed', reason: 'OtherSlotMap', outcome: 'nothingWritten' }
      const id = anIdOn(0)
      const strangers = await make()
      const [stranger] = strangers.open()
      for (const wrong of [[other, one], [one, stranger], [one]] as const) {
        const { store } = sharded(wrong)
        expect(await left(store.append(appending(id)))).toMatchObject(refused)
        expect(await left(store.load({ streamId: id, after: 0, limit: 1 }))).toMatchObject(refused)
      }
      expect(await right(one.store.version(id))).toBe(0)
      const [full, empty] = strangers.open()
      await right(full.store.append(appending(id)))
      expect(await left(sharded([full, empty]).slotMap)).toMatchObject(refused)
      expect(await right(sharded([full]).store.version(id))).toBe(1)
      await strangers.close()
    })

    it('answer a writer that comes too late at once, and take its next append', async () => {
      const { store } = sharded(shards.open())
      const id = anIdOn(0)
      const at = (expectedVersion: number, events: number, commandId?: string) => ({
        ...appending(id, events),
        expectedVersion,
        commands: commandId === undefined ? [] : [{ commandId, skip: 0, eventCount: events }],
      })
      await right(store.append(at(0, 1)))
      for (const late of [at(0, 1), at(0, 1, 'a'), at(0, 2), at(0, 2, 'b')]) {
        // A process of its own each: one that has met a conflict is careful for a while.
        const fresh = sharded(shards.open())
        expect(await left(fresh.store.append(late))).toMatchObject({
          _tag: 'VersionConflict',
          actual: 1,
        })
      }
      expect((await right(store.append(at(1, 1, 'c')))).version).toBe(2)
    })

    it('refuse who appends to a shard without its map, and store nothing', async () => {
      const [one, other] = shards.open()
      await right(sharded([one, other]).slotMap)
      const id = anIdOn(0)
      const refused = { _tag: 'StoreFailed', reason: 'OtherSlotMap', outcome: 'nothingWritten' }
      expect(await left(one.store.append(appending(id)))).toMatchObject(refused)
      const command = { commandId: 'a', skip: 0, eventCount: 0, fingerprint: undefined }
      const nothing = { streamId: id, expectedVersion: 0, events: [], commands: [command] }
      for (const store of [one.store, one.asShard.storeBy(3)]) {
        expect(
          await left(store.append({ ...nothing, events: appending(id).events, commands: [] })),
        ).toMatchObject(refused)
        expect(await left(store.appendTogether({ streams: [appending(id)] }))).toMatchObject(
          refused,
        )
      }
      expect(await left(one.asShard.storeBy(3).append(nothing))).toMatchObject(refused)
      expect(await right(one.store.version(id))).toBe(0)
    })

    it('take no append by the old map once another one is in force, whoever is at work', async () => {
      const [writers, others] = [sharded(shards.open()), shards.open()]
      const map = await right(writers.slotMap)
      const ids = idsOn(0, 4)
      const [moving, staying] = [ids.slice(0, 2), ids.slice(2)]
      let isOver = false
      const counts = new Map<string, number>()
      const write = async (id: string): Promise<void> => {
        while (!isOver) {
          await right(writers.store.append(appending(id)))
          counts.set(id, (counts.get(id) ?? 0) + 1)
          await turn() // in memory nothing else would have one
        }
      }
      const writing = Promise.all([...ids, ...ids].map(write)).finally(() => {
        isOver = true
      })
      const stop = () => {
        isOver = true
        return writing
      }
      const reached = (id: string, count: number): Promise<true> =>
        eventually(() => (counts.get(id) ?? 0) >= count)
      for (const id of ids) await reached(id, 5)

      // First they are declared to be moving, on every shard; then they are elsewhere.
      const slots = moving.map(slotOf)
      const next = { ...map, epoch: 3, moving: slots }
      for (const [shard, part] of others.entries()) {
        await right(part.asShard.putMap({ ...next, shard }, 2)) // false: a writer has carried it there
      }
      const versions = await Promise.all(moving.map((id) => right(others[0].store.version(id))))
      for (const id of staying) await reached(id, (counts.get(id) ?? 0) + 10)
      expect(await Promise.all(moving.map((id) => right(others[0].store.version(id))))).toEqual(
        versions,
      )
      const placed = map.slots.map((shard, slot) => (slots.includes(slot) ? 1 : shard))
      for (const [shard, part] of others.entries()) {
        const last = { ...map, epoch: 4, slots: placed, shard }
        await right(part.asShard.putMap(last, 3))
        expect(await right(part.asShard.putMap(last, 3))).toBe(false) // again: it is in force
      }
      for (const id of moving) await reached(id, (counts.get(id) ?? 0) + 5)
      await stop()
      const left_ = await Promise.all(moving.map((id) => right(others[0].store.version(id))))
      expect(left_).toEqual(versions)
      for (const id of moving) {
        // No data was moved in this test: the stream begins anew where it is now.
        const here = await right(others[1].store.version(id))
        expect(here + (versions[moving.indexOf(id)] ?? 0)).toBe(counts.get(id))
      }
    })

    it('refuse what spans two of them, with a typed error, and take what shares a key', async () => {
      const [one, other] = shards.open()
      const ids = [anIdOn(0), anIdOn(1)] as const
      const streams = ids.map((id) => ({ ...appending(id), expectedVersion: 0 }))
      const apart = sharded([one, other]).store
      const refused = await left(apart.appendTogether({ streams }))
      expect(refused).toMatchObject({ _tag: 'InvalidAppend', streamId: ids[0] })
      expect(refused.message).toContain('are on different shards')
      const tags = [{ tags: ['order:1'] }] as const
      expect(await left(apart.readMatching(tags, { limit: 1 }))).toMatchObject({
        _tag: 'InvalidQuery',
      })
      expect(await right(apart.version(ids[0]))).toBe(0)

      const placement = { stream: () => 'order:1', tag: (tag: string) => tag }
      const { store } = sharded([one, other], { placement })
      expect((await right(store.appendTogether({ streams }))).streams).toHaveLength(2)
      const tagged = (tag: string) => {
        const [event] = appending(ids[0]).events
        return { ...appending(ids[0]), events: [{ ...event, tags: [tag] }] } as ReturnType<
          typeof appending
        >
      }
      await right(store.append(tagged('order:1')))
      const found = await right(store.readMatching(tags, { limit: 10 }))
      expect(found.events.map(({ streamId }) => streamId)).toEqual([ids[0]])
      const elsewhere = shardOfTwo('order:1') === 0 ? 1 : 0
      const stranger = Array.from({ length: SLOTS }, (_, index) => `order:${index}`).find(
        (tag) => shardOfTwo(tag) === elsewhere,
      )
      expect(await left(store.append(tagged(stranger ?? '')))).toMatchObject({
        _tag: 'InvalidAppend',
      })
      const both = [{ tags: ['order:1'] }, { tags: [stranger ?? ''] }] as const
      expect(await left(store.readMatching(both, { limit: 1 }))).toMatchObject({
        _tag: 'InvalidQuery',
      })
      const condition = {
        query: [{ tags: [stranger ?? ''] }] as const,
        sight: { after: 0, count: 0 },
      }
      expect(
        await left(store.appendTogether({ streams: [appending(ids[1])], condition })),
      ).toMatchObject({ _tag: 'InvalidAppend' })
    })

    it('give followers of a shard what is its own, and nothing of what has moved away', async () => {
      const [one, other] = shards.open()
      const backend = sharded([one, other])
      const map = await right(backend.slotMap)
      const [gone, kept] = idsOn(0, 2)
      for (const id of [gone ?? '', kept ?? '']) await right(backend.store.append(appending(id)))
      const seen = async (): Promise<ReadonlyArray<string>> => {
        const [source] = backend.sources
        const { events } = await right(source.store.readAll({ after: 0, limit: 100 }))
        return events.map(({ streamId }) => streamId)
      }
      expect(await seen()).toEqual([gone, kept])
      const slots = map.slots.map((shard, slot) => (slot === slotOf(gone ?? '') ? 1 : shard))
      for (const [shard, part] of [one, other].entries()) {
        await right(part.asShard.putMap({ ...map, epoch: 3, slots, shard }, 2))
      }
      await right(backend.slotMap)
      expect(await seen()).toEqual([kept])
      const listed = await right(
        backend.store.streams({ after: '', limit: 10, category: 'counter' }),
      )
      expect(listed.map(({ streamId }) => streamId)).toEqual([kept])
    })
  })
}

behave('memory', () => Promise.resolve(memoryShards()))
behave('PostgreSQL', postgresShards)

describe('shards', () => {
  it('go on where one is down, and say what is wrong to whoever needs it', async () => {
    const [one, other] = [memory(), memory()]
    await right(sharded([one, other]).slotMap)
    const down = storeFailed('Unavailable', 'nothingWritten', undefined)
    const away = () => () => Promise.resolve(E.left(down))
    const broken = { ...other.store, append: away, load: away }
    const unreachable = {
      ...other,
      store: broken,
      asShard: { ...other.asShard, readMap: away(), storeBy: () => broken },
    }
    const { store } = sharded([one, unreachable])
    await right(store.append(appending(anIdOn(0))))
    expect(await left(store.append(appending(anIdOn(1))))).toEqual(down)
  })

  it('are more than the map names while the next one is prepared', async () => {
    const [one, next] = [memory(), memory()]
    await right(sharded([one]).slotMap)
    const backend = sharded([one, next])
    const id = anIdOn(1)
    await right(backend.store.append(appending(id)))
    expect(await right(one.store.version(id))).toBe(1)
    const [, second] = backend.sources
    expect(
      await left((second ?? backend.sources[0]).store.readAll({ after: 0, limit: 1 })),
    ).toMatchObject({
      reason: 'OtherSlotMap',
    })
  })

  it('take a map that was begun to be changed from the shard that has it, whoever comes first', async () => {
    const [one, other] = [memory(), memory()]
    const map = await right(sharded([one, other]).slotMap)
    const next = { ...map, epoch: map.epoch + 1, shard: 0 }
    await right(one.asShard.putMap(next, map.epoch)) // and who has begun is killed
    await right(sharded([one, other]).store.append(appending(anIdOn(1))))
    expect(await right(other.asShard.readMap)).toEqual({ ...next, shard: 1 })
  })

  it('are refused if one was given twice, or the map is not valid, and nothing of it is carried on', async () => {
    const [one, other] = [memory(), memory()]
    const refused = { _tag: 'StoreFailed', reason: 'OtherSlotMap', outcome: 'nothingWritten' }
    expect(await left(sharded([one, one]).slotMap)).toMatchObject(refused)
    const map = await right(sharded([one, other]).slotMap)
    const wrong: ReadonlyArray<Partial<typeof map>> = [
      { slots: map.slots.slice(1) },
      { slots: map.slots.map(() => 2) },
      { moving: [SLOTS] },
      { shards: 0 },
    ]
    for (const [index, part] of wrong.entries()) {
      const epoch = map.epoch + 1 + index
      await right(one.asShard.putMap({ ...map, ...part, epoch, shard: 0 }, epoch - 1))
      const { message } = await left(sharded([one, other]).store.append(appending(anIdOn(0))))
      expect(message).toContain('the map on shard 0 is not valid')
    }
    expect(await right(other.asShard.readMap)).toMatchObject({ epoch: map.epoch })
    expect(await right(one.store.streams({ after: '', limit: 1 }))).toEqual([])
  })

  it('say that `placement` has thrown, and store nothing', async () => {
    const placement = {
      stream: (): string => {
        throw new Error('no key')
      },
    }
    const { store } = sharded([memory(), memory()], { placement })
    const failure = { _tag: 'StoreFailed', reason: 'Unexpected', outcome: 'nothingWritten' }
    expect(await left(store.append(appending(anIdOn(0))))).toMatchObject(failure)
    expect(await left(store.version(anIdOn(0)))).toMatchObject(failure)
    expect(await left(store.appendTogether({ streams: [appending(anIdOn(0))] }))).toMatchObject(
      failure,
    )
  })
})
