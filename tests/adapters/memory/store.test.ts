import * as E from 'fp-ts/Either'
import { defaultLimits } from '../../../src/core/limits'
import { appendTo, numbered } from '../../../src/testing/store-contract/fixtures'
import { succeeds } from '../../../src/testing/store-contract/checks'
import { inheriting } from '../../support/inheriting'
import { memoryStoreOn } from '../../support/memory-store'

describe('memoryStore', () => {
  it('never records a time before the last one, though its clock steps back', async () => {
    const times = [5000, 1000, 4999, 6000]
    const store = memoryStoreOn({ now: () => times.shift() ?? 0 })
    const recordedAt = []
    for (const id of ['a-1', 'a-2', 'a-1', 'a-2']) {
      recordedAt.push((await succeeds(store.append(appendTo(id, 'any', numbered(1))))).recordedAt)
    }
    expect(recordedAt).toEqual([5000, 5000, 5000, 6000])
  })

  it('reads by version, not by clock (Incident read by clock)', async () => {
    const times = [3, 2, 1]
    const store = memoryStoreOn({ now: () => times.shift() ?? 0 })
    for (const version of [0, 1, 2]) {
      await succeeds(store.append(appendTo('a-1', version, numbered(1, version + 1))))
    }
    const { events } = await succeeds(store.read('a-1', { after: 0, limit: 10 }))
    expect(events.map(({ version, data }) => [version, data['number']])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('takes as much as its limits say', async () => {
    const limits = { ...defaultLimits, eventsPerAppend: 2 }
    const store = memoryStoreOn({ limits })
    await succeeds(store.append(appendTo('a-1', 0, numbered(2))))
    expect(await store.append(appendTo('a-1', 2, numbered(3)))()).toMatchObject(
      E.left({ _tag: 'LimitExceeded', limit: 'eventsPerAppend', maximum: 2, actual: 3 }),
    )
  })

  it('gives positions from 1 without a gap, and draws none for a conflict', async () => {
    const store = memoryStoreOn()
    await succeeds(store.append(appendTo('a-1', 0, numbered(2))))
    await store.append(appendTo('a-1', 0, numbered(2)))()
    expect((await succeeds(store.append(appendTo('b-1', 0, numbered(1))))).positions).toEqual([3])
  })

  it('keeps nothing of what every object inherits', async () => {
    const store = memoryStoreOn()
    await inheriting(() => store.append(appendTo('a-1', 0, numbered(1)))())
    const { events } = await succeeds(store.read('a-1', { after: 0, limit: 1 }))
    expect(events[0]).toMatchObject({ data: { number: 1 }, metadata: {} })
    expect(Object.keys({ ...events[0]?.data, ...events[0]?.metadata })).toEqual(['number'])
  })

  it('hands out frozen events', async () => {
    const store = memoryStoreOn()
    const [event] = numbered(1)
    const data = { list: [{ deep: 1 }] }
    const metadata = { extra: { list: [1] } }
    await succeeds(store.append(appendTo('a-1', 0, [{ ...event!, data, metadata }])))
    const { events } = await succeeds(store.read('a-1', { after: 0, limit: 1 }))
    const parts = [
      events[0],
      events[0]?.data,
      events[0]?.data['list'],
      events[0]?.metadata,
      events[0]?.metadata.extra?.['list'],
    ]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })

  it('does not freeze what was handed in', async () => {
    const store = memoryStoreOn()
    const request = appendTo('a-1', 0, numbered(1))
    await succeeds(store.append(request))
    expect([request, request.events, request.events[0]?.data].some(Object.isFrozen)).toBe(false)
  })

  it('keeps two stores apart', async () => {
    const [left, right] = [memoryStoreOn(), memoryStoreOn()]
    await succeeds(left.append(appendTo('a-1', 0, numbered(1))))
    expect(await succeeds(right.read('a-1', { after: 0, limit: 1 }))).toEqual({
      events: [],
      more: false,
    })
  })
})
