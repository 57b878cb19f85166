import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { forgotten } from 'reprise/codec'
import { masterKeyFrom, memory, rotateMasterKey } from 'reprise/memory'
import { postgres, sharded, type ShardBackend } from 'reprise/postgres'
import { storeFailed } from '../../../src/core/errors/store'
import { halfOf, movingMap } from '../../../src/core/slots'
import { customers, register } from '../../support/customers'
import { migratedDatabase, type MigratedDatabase } from '../../support/postgres'
import { left, right } from '../../support/right'
import { shardOfTwo } from '../../support/shards'
import { freshId } from '../../support/stores'
import { appending, newEvent } from '../../support/tally'

const audited = { by: 'grace', why: 'ticket 4711' }
const personalData = { masterKey: masterKeyFrom('one', () => new Uint8Array(32).fill(1)) }

const idOn = (shard: number, category: string): string => {
  for (;;) {
    const id = freshId()
    if (shardOfTwo(`${category}-${id}`) === shard) return id
  }
}
const counterOn = (shard: number): string => `counter-${idOn(shard, 'counter')}`

interface Two<Transaction> {
  readonly open: () => readonly [ShardBackend<Transaction>, ShardBackend<Transaction>]
  readonly close: () => Promise<void>
}

const behave = <Transaction>(name: string, make: () => Promise<Two<Transaction>>): void => {
  describe(`the operator of two shards in ${name}`, () => {
    let shards: Two<Transaction>
    beforeAll(async () => {
      shards = await make()
    })
    afterAll(() => shards.close())

    it.each([0, 1])('closes, archives, truncates and erases streams of shard %i', async (shard) => {
      const [one, other] = shards.open()
      const { store, operator } = sharded([one, other])
      const [closed, truncated, erased] = [counterOn(shard), counterOn(shard), counterOn(shard)]
      for (const id of [closed, truncated, erased]) await right(store.append(appending(id, 3)))

      const closing = { streamId: closed, ...audited }
      expect(await right(operator.closeStream(closing))).toMatchObject({ version: 3 })
      expect(await left(store.append(appending(closed)))).toMatchObject({ _tag: 'StreamClosed' })
      const archiving = { streams: [closed, truncated], tagged: 'refuse' as const, ...audited }
      expect(await right(operator.archive(archiving))).toMatchObject([
        { right: { streamId: closed, events: 3 } },
        { left: { _tag: 'InvalidOperation' } },
      ])
      const summary = newEvent()
      const truncating = { streamId: truncated, upTo: 2, summary, ...audited }
      expect(await right(operator.truncateStream(truncating))).toMatchObject({ upTo: 2 })
      const erasing = { streamId: erased, ...audited }
      expect(await right(operator.erase(erasing))).toMatchObject({ events: 3 })

      const page = { after: 0, limit: 10 }
      expect((await right(store.read(closed, page))).events).toHaveLength(3)
      expect((await right(store.read(truncated, page))).events[0]).toMatchObject({
        id: summary.id,
        version: 2,
      })
      expect(await left(store.read(erased, page))).toMatchObject({ _tag: 'StreamErased' })
      const [there, elsewhere] = shard === 0 ? [one, other] : [other, one]
      const entries = async (backend: ShardBackend<Transaction>) =>
        (await right(backend.operator.audit({ before: 1_000_000, limit: 10 }))).entries.map(
          ({ subject }) => subject,
        )
      for (const id of [closed, truncated, erased]) {
        expect(await entries(there)).toContain(id)
        expect(await entries(elsewhere)).not.toContain(id)
      }
    })

    it('archives streams of both in one call, and answers in the order in which they were named', async () => {
      const { store, operator } = sharded(shards.open())
      const streams = [1, 0, 0, 1].map(counterOn)
      for (const streamId of streams) {
        await right(store.append(appending(streamId, 2)))
        await right(operator.closeStream({ streamId, ...audited }))
      }
      const open = counterOn(0)
      const archiving = { streams: [...streams, open], tagged: 'refuse' as const, ...audited }
      const answers = await right(operator.archive(archiving))
      expect(answers).toMatchObject([
        ...streams.map((streamId) => ({ right: { streamId, events: 2 } })),
        { left: { _tag: 'InvalidOperation' } },
      ])
      const twice = { ...archiving, streams: [open, open] }
      expect(await left(operator.archive(twice))).toMatchObject({ _tag: 'InvalidOperation' })
    })

    it('forgets a subject on every shard that has data about it', async () => {
      const backend = sharded(shards.open())
      const desk = openCategory(customers, backend)
      const subject = freshId()
      const ids = [idOn(0, 'customer'), idOn(1, 'customer')]
      for (const id of ids)
        await right(desk.handleCommand(id, register(subject, 'ada@example.org', 'Ada')))
      const done = await right(backend.operator.forgetSubject({ subject, ...audited }))
      expect(done).toMatchObject({ subject, ...audited })
      for (const id of ids) {
        const { state } = await right(openCategory(customers, backend).load(id))
        expect(state.email).toEqual(forgotten)
      }
      const lonely = idOn(1, 'customer')
      await right(desk.handleCommand(lonely, register(lonely, 'bob@example.org', 'Bob')))
      await right(backend.operator.forgetSubject({ subject: lonely, ...audited }))
      // It is forgotten also where there was nothing of it: no shard gives it a key any more.
      for (const shard of [0, 1]) {
        const again = register(lonely, 'bob@example.org', 'Bob')
        const back = await left(desk.handleCommand(idOn(shard, 'customer'), again))
        expect(back).toMatchObject({
          _tag: 'UnencodableEvent',
          issues: [{ message: expect.stringContaining('was forgotten') as string }],
        })
      }
      const nobody = { subject: freshId(), ...audited }
      expect(await left(backend.operator.forgetSubject(nobody))).toMatchObject({
        _tag: 'InvalidOperation',
      })
    })

    it('has the keys of each shard wrapped by another master key, source by source', async () => {
      const backend = sharded(shards.open())
      const desk = openCategory(customers, backend)
      const ids = [idOn(0, 'customer'), idOn(1, 'customer')]
      for (const id of ids)
        await right(desk.handleCommand(id, register(id, 'ada@example.org', 'Ada')))
      const both = (id: string) => new Uint8Array(32).fill(id === 'one' ? 1 : 2)
      for (const source of backend.sources) {
        const rotated = await right(rotateMasterKey(source, masterKeyFrom('two', both)))
        expect(rotated.keys).toBeGreaterThan(0)
        const rest = { after: '', limit: 1, notWrappedBy: 'two' }
        expect(await right(source.subjectKeys.page(rest))).toEqual([])
        await right(rotateMasterKey(source, masterKeyFrom('one', both)))
      }
      for (const id of ids) {
        expect((await right(desk.load(id))).state.email).toBe('ada@example.org')
      }
    })

    it.each([0, 1])(
      'forgets a subject where it can when shard %i is away, says so, and is repeated',
      async (away) => {
        const two = shards.open()
        const desk = openCategory(customers, sharded(two))
        const subject = freshId()
        const ids = [idOn(0, 'customer'), idOn(1, 'customer')]
        for (const id of ids)
          await right(desk.handleCommand(id, register(subject, 'ada@example.org', 'Ada')))
        const down = (one: ShardBackend<Transaction>): ShardBackend<Transaction> => {
          const lost = storeFailed('Unavailable', 'nothingWritten', undefined)
          const find = () => () => Promise.resolve(E.left(lost))
          return { ...one, subjectKeys: { ...one.subjectKeys, find } }
        }
        const [one, other] = two
        const halved = away === 0 ? ([down(one), other] as const) : ([one, down(other)] as const)
        const forgetting = { subject, ...audited }
        expect(await left(sharded(halved).operator.forgetSubject(forgetting))).toMatchObject({
          _tag: 'StoreFailed',
          reason: 'Unavailable',
          outcome: 'unknown',
        })
        const email = async (id: string) =>
          (await right(openCategory(customers, sharded(two)).load(id))).state.email
        expect(await email(ids[1 - away] ?? '')).toEqual(forgotten)
        expect(await email(ids[away] ?? '')).toBe('ada@example.org')

        const { operator } = sharded(two)
        const done = await right(operator.forgetSubject(forgetting))
        for (const id of ids) expect(await email(id)).toEqual(forgotten)
        // Repeated by another operator, it answers what was written down first.
        const again = { subject, by: 'other', why: 'again' }
        expect(await right(operator.forgetSubject(again))).toEqual(done)
      },
    )
  })
}

behave('memory', () => {
  const shards = [memory({ personalData }), memory({ personalData })] as const
  return Promise.resolve({ open: () => shards, close: () => Promise.resolve() })
})

let databases: readonly [MigratedDatabase<unknown>, MigratedDatabase<unknown>]
const postgresShards = async () => {
  databases = [await migratedDatabase(), await migratedDatabase()]
  const [one, other] = databases
  const shards = [
    postgres(one.connect(), { personalData }),
    postgres(other.connect(), { personalData }),
  ] as const
  return {
    open: () => shards,
    close: async () => {
      for (const shard of shards) await shard.close()
      for (const database of databases) await database.close()
    },
  }
}
behave('PostgreSQL', postgresShards)

describe('the operator of one shard in PostgreSQL', () => {
  it('waits while slots of it are being moved: the server that gets them would not know of it', async () => {
    const { open, close } = await postgresShards()
    const [one, other] = open()
    const { store, slotMap, operator } = sharded([one, other])
    const map = await right(slotMap)
    const moving = movingMap(map, halfOf(map, 0))
    const [here, there] = [counterOn(0), counterOn(1)]
    for (const id of [here, there]) await right(store.append(appending(id)))
    for (const [shard, backend] of [one, other].entries()) {
      await right(backend.asShard.putMap({ ...moving, shard }, map.epoch))
    }
    const refused = { _tag: 'StoreFailed', reason: 'SlotMoving', outcome: 'nothingWritten' }
    const [closing, subject] = [
      { streamId: here, ...audited },
      { subject: 'x', ...audited },
    ]
    const archiving = { streams: [here], tagged: 'refuse' as const, ...audited }
    const truncating = { streamId: here, upTo: 1, summary: newEvent(), ...audited }
    for (const refusal of [
      left(one.operator.closeStream(closing)),
      left(one.operator.erase(closing)),
      left(one.operator.archive(archiving)),
      left(one.operator.truncateStream(truncating)),
      left(one.operator.forgetSubject(subject)),
    ]) {
      expect(await refusal).toMatchObject(refused)
    }
    await right(operator.closeStream({ streamId: there, ...audited })) // has nothing to do with it
    const waiting = right(operator.closeStream(closing))
    for (const [shard, backend] of [one, other].entries()) {
      const settled = { ...movingMap(moving, []), shard }
      await right(backend.asShard.putMap(settled, moving.epoch))
    }
    expect(await waiting).toMatchObject({ version: 1 })
    await close()
  })
})
