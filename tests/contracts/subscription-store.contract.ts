import { randomUUID } from 'node:crypto'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { handlerFailed } from '../../src/core/errors/subscription'
import type { HeldLease, HeldStream } from '../../src/core/ports/subscription-store'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import type { ReadSideUnderTest } from './read-side'

const LONG = 60_000

const heldStream = (streamId: string, position: number): HeldStream => ({
  streamId,
  version: 2,
  position,
  eventId: randomUUID(),
  type: 'Ticked',
  attempts: 1,
  failure: { message: 'no', stack: 'here' },
})

/** What every store of subscriptions must do. */
export const subscriptionStoreContract = <Transaction>(
  open: () => Promise<ReadSideUnderTest<Transaction>>,
): void => {
  let side: ReadSideUnderTest<Transaction>
  let name: string
  beforeAll(async () => {
    side = await open()
  })
  afterAll(() => side.close())
  beforeEach(() => {
    name = `subscription-${randomUUID()}`
  })

  const created = async (partitions = 1, position = 0) => {
    await right(side.subscriptions.register({ name, partitions, position }))
  }
  const claim = (instance: string, duration = LONG) =>
    right(side.subscriptions.claim(name, instance, duration))
  const claimOne = async (instance: string, duration = LONG): Promise<HeldLease> =>
    (await claim(instance, duration)).leases[0]!
  const put = (key: string) => (transaction: Transaction) =>
    side.projections.inTransaction(transaction).put(name, key, { ok: true })

  it('keeps the number of partitions and the position of the first registration', async () => {
    await created(2, 7)
    expect(await right(side.subscriptions.register({ name, partitions: 3, position: 9 }))).toBe(2)
    expect((await claim('a')).leases.map(({ position }) => position)).toEqual([7, 7])
    expect(await right(side.subscriptions.reached(name))).toBe(7)
    expect(await right(side.subscriptions.reached('no such'))).toBeUndefined()
  })

  it('gives a partition to one of ten who claim it at once', async () => {
    await created()
    const claims = await Promise.all(Array.from({ length: 10 }, (_, n) => claim(`i${n}`)))
    expect(claims.flatMap(({ leases }) => leases)).toHaveLength(1)
  })

  it('prolongs the lease of its owner with the same token', async () => {
    await created()
    const first = await claimOne('a')
    expect(await claimOne('a')).toEqual(first)
    expect((await claim('b')).leases).toEqual([])
  })

  it('gives a partition to another when its lease has run out, with a higher token', async () => {
    await created()
    const old = await claimOne('a', 50)
    const next = await eventually(async () => (await claim('b')).leases[0])
    expect(next.token).toBeGreaterThan(old.token)
    expect((await claim('a')).leases).toEqual([])
  })

  it('gives a released partition away at once, and ignores a release by an old owner', async () => {
    await created()
    const old = await claimOne('a')
    await right(side.subscriptions.release(old))
    expect(await claimOne('b')).toBeDefined()
    await right(side.subscriptions.release(old))
    expect((await claim('c')).leases).toEqual([])
  })

  it('shares the partitions among those who are alive', async () => {
    await created(4)
    expect((await claim('a')).share).toBe(4)
    const second = await claim('b')
    expect(second).toMatchObject({ share: 2, leases: [] })
    const ofA = (await claim('a')).leases
    for (const lease of ofA.slice(2)) await right(side.subscriptions.release(lease))
    expect((await claim('b')).leases).toHaveLength(2)
    await right(side.subscriptions.leave(name, 'b'))
    expect((await claim('a')).share).toBe(4)
  })

  it('saves a step, and nothing for an owner that was fenced off', async () => {
    await created()
    const old = await claimOne('a', 50)
    await right(side.subscriptions.save({ lease: old, after: 0, position: 5 }))
    const next = await eventually(async () => (await claim('b')).leases[0])
    expect(next.position).toBe(5)
    expect(
      await left(side.subscriptions.save({ lease: old, after: 5, position: 6 })),
    ).toMatchObject({
      _tag: 'FencedOff',
      subscription: name,
      token: old.token,
    })
    expect(await right(side.subscriptions.reached(name))).toBe(5)
  })

  it('writes nothing when the checkpoint is not where the owner believes it to be', async () => {
    await created()
    const lease = await claimOne('a')
    await right(side.subscriptions.save({ lease, after: 0, position: 5 }))
    expect((await left(side.subscriptions.save({ lease, after: 4, position: 6 })))._tag).toBe(
      'FencedOff',
    )
    const again = side.subscriptions.commit({ lease, after: 0, position: 5 }, put('k'))
    expect((await left(again))._tag).toBe('FencedOff')
    expect(await right(side.projections.get(name, 'k'))).toBeUndefined()
  })

  it('commits a step together with what is written', async () => {
    await created()
    const lease = await claimOne('a')
    await right(side.subscriptions.commit({ lease, after: 0, position: 3 }, put('k')))
    expect(await right(side.projections.get(name, 'k'))).toMatchObject({ value: { ok: true } })
    expect(await right(side.subscriptions.reached(name))).toBe(3)
  })

  it('keeps nothing of what an owner writes that was fenced off', async () => {
    await created()
    const old = await claimOne('a', 50)
    await eventually(async () => (await claim('b')).leases[0])
    const failure = await left(
      side.subscriptions.commit({ lease: old, after: 0, position: 3 }, put('k')),
    )
    expect(failure._tag).toBe('FencedOff')
    expect(await right(side.projections.get(name, 'k'))).toBeUndefined()
  })

  it('keeps nothing when the work fails', async () => {
    await created()
    const lease = await claimOne('a')
    const failing = (transaction: Transaction) =>
      pipe(
        put('k')(transaction),
        TE.flatMap(() => TE.left(handlerFailed(name, 3, 'because'))),
      )
    const failure = await left(side.subscriptions.commit({ lease, after: 0, position: 3 }, failing))
    expect(failure).toMatchObject({ _tag: 'HandlerFailed', position: 3, cause: 'because' })
    expect(await right(side.projections.get(name, 'k'))).toBeUndefined()
    expect(await right(side.subscriptions.reached(name))).toBe(0)
  })

  it('holds a stream back until its time has come, and releases it', async () => {
    await created()
    const lease = await claimOne('a')
    const stream = heldStream('tick-1', 4)
    const hold = { _tag: 'Hold', stream, retryAfter: 50 } as const
    await right(side.subscriptions.save({ lease, after: 0, position: 4, holding: hold }))
    expect(await right(side.subscriptions.held(lease))).toEqual(['tick-1'])
    const [due] = await eventually(async () => {
      const found = await right(side.subscriptions.due(lease))
      return found.length > 0 && found
    })
    expect(due).toEqual({ ...stream, decision: 'retry' })
    const release = { _tag: 'Release', streamId: 'tick-1' } as const
    await right(side.subscriptions.save({ lease, after: 4, position: 4, holding: release }))
    expect(await right(side.subscriptions.held(lease))).toEqual([])
  })

  it('parks a stream until an operator decides', async () => {
    await created()
    const lease = await claimOne('a')
    const stream = heldStream('tick-1', 4)
    await right(
      side.subscriptions.save({ lease, after: 0, position: 4, holding: { _tag: 'Hold', stream } }),
    )
    expect(await right(side.subscriptions.parked(name))).toEqual([
      { ...stream, partition: 0, parked: true },
    ])
    expect(await right(side.subscriptions.due(lease))).toEqual([])
    expect(await right(side.subscriptions.decide(name, 'tick-2', 'skip'))).toBe(false)
    expect(await right(side.subscriptions.decide(name, 'tick-1', 'skip'))).toBe(true)
    expect(await right(side.subscriptions.due(lease))).toEqual([{ ...stream, decision: 'skip' }])
    expect((await right(side.subscriptions.parked(name)))[0]?.parked).toBe(false)
  })

  it('stands still after a halt until it is resumed', async () => {
    await created()
    const lease = await claimOne('a')
    await right(side.subscriptions.halt(lease, { message: 'enough' }))
    expect(await left(side.subscriptions.halt(lease, { message: 'again' }))).toMatchObject({
      _tag: 'FencedOff',
    })
    expect(await claim('a')).toMatchObject({
      leases: [],
      stopped: [{ partition: 0, failure: { message: 'enough' } }],
    })
    expect((await left(side.subscriptions.save({ lease, after: 0, position: 9 })))._tag).toBe(
      'FencedOff',
    )
    expect(await right(side.subscriptions.resume(name))).toBe(true)
    expect(await right(side.subscriptions.resume(name))).toBe(false)
    expect((await claim('b')).leases).toHaveLength(1)
  })

  it('tells an operator where it stands', async () => {
    await created(1, 3)
    const status = async () =>
      (await right(side.subscriptions.status())).filter((one) => one.subscription === name)
    expect(await status()).toEqual([
      {
        subscription: name,
        partition: 0,
        position: 3,
        owner: undefined,
        heartbeatAge: undefined,
        held: 0,
        failure: undefined,
      },
    ])
    const lease = await claimOne('a')
    const holding = { _tag: 'Hold', stream: heldStream('tick-1', 4) } as const
    await right(side.subscriptions.save({ lease, after: 3, position: 4, holding }))
    expect(await status()).toMatchObject([{ owner: 'a', position: 4, held: 1 }])
    expect((await status())[0]?.heartbeatAge).toBeLessThan(10_000)
  })

  it('is set back with its owner fenced off and nothing held', async () => {
    await created()
    const lease = await claimOne('a')
    const holding = { _tag: 'Hold', stream: heldStream('tick-1', 4) } as const
    await right(side.subscriptions.save({ lease, after: 0, position: 4, holding }))
    expect(await right(side.subscriptions.reset(name, 1))).toBe(true)
    expect((await left(side.subscriptions.save({ lease, after: 1, position: 9 })))._tag).toBe(
      'FencedOff',
    )
    expect(await claimOne('a')).toMatchObject({ position: 1 })
    expect(await right(side.subscriptions.parked(name))).toEqual([])
    expect(await right(side.subscriptions.reset('no such', 1))).toBe(false)
  })

  it('is gone once it is removed', async () => {
    await created()
    const lease = await claimOne('a')
    expect(await right(side.subscriptions.remove(name))).toBe(true)
    expect(await right(side.subscriptions.remove(name))).toBe(false)
    expect((await left(side.subscriptions.save({ lease, after: 0, position: 9 })))._tag).toBe(
      'FencedOff',
    )
    expect(await claim('a')).toMatchObject({ leases: [] })
  })
}
