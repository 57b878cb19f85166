import assert from 'node:assert/strict'
import type { Suite } from './suite'
import { countTo, eventsOf, failsWith, grow, holds, isMissing, same, succeeds } from './checks'
import { appendTo, freshCategory, freshStream, numbered } from './fixtures'

/** What one append does. */
export const appends: Suite = {
  name: 'appends',
  tests: {
    'keeps the events of one append in the order given': async ({ store, second }) => {
      const [id, events] = [freshStream(), numbered(50)]
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(second, id, events)
    },
    'numbers versions without a gap over many appends': async ({ store, second }) => {
      const [id, events] = [freshStream(), numbered(10)]
      await succeeds(store.append(appendTo(id, 0, events.slice(0, 1))))
      await succeeds(second.append(appendTo(id, 1, events.slice(1, 4))))
      await failsWith(store.append(appendTo(id, 1, numbered(3))), { _tag: 'VersionConflict' })
      await succeeds(store.append(appendTo(id, 4, events.slice(4))))
      await holds(store, id, events)
    },
    'answers with the positions and the time under which the events are read': async ({
      store,
    }) => {
      const id = freshStream()
      const answer = await succeeds(store.append(appendTo(id, 0, numbered(3))))
      const events = await eventsOf(store, id)
      same(answer, {
        version: 3,
        positions: events.map(({ position }) => position),
        recordedAt: events[0]?.recordedAt,
      })
      assert.equal(new Set(events.map(({ recordedAt }) => recordedAt)).size, 1)
    },
    'gives increasing positions within a stream': async ({ store, second }) => {
      const id = freshStream()
      const positions: number[] = []
      for (let index = 0; index < 5; index++) {
        const writer = index % 2 === 0 ? store : second
        positions.push(
          ...(await succeeds(writer.append(appendTo(id, 'any', numbered(2))))).positions,
        )
      }
      assert.ok(grow(positions), `positions do not increase: ${positions.join(', ')}`)
      assert.ok(positions.every((position) => Number.isSafeInteger(position) && position > 0))
      same(
        (await eventsOf(store, id)).map(({ position }) => position),
        positions,
      )
    },
    'appends ten thousand events at once': async ({ store, second }) => {
      const id = freshStream()
      const { version, positions } = await succeeds(
        store.append(appendTo(id, 'mustNotExist', numbered(10_000))),
      )
      assert.equal(version, 10_000)
      assert.ok(positions.length === 10_000 && grow(positions))
      const events = await eventsOf(second, id)
      same(
        events.map(({ data }) => data['number']),
        countTo(10_000),
      )
    },
    'appends all of many events, or none of them': async ({ store, second }) => {
      const [id, events] = [freshStream(), numbered(1000)]
      await failsWith(store.append(appendTo(id, 1, events)), { _tag: 'VersionConflict' })
      await isMissing(second, id)
      await succeeds(store.append(appendTo(id, 0, events)))
      await failsWith(second.append(appendTo(id, 999, events)), { _tag: 'VersionConflict' })
      await holds(second, id, events)
    },
    'leaves other streams alone': async ({ store }) => {
      const category = freshCategory()
      const ids = ['a', 'A', 'a ', 'a-b', 'ab', 'é', 'e\u0301'].map((id) => `${category}-${id}`)
      for (const [index, id] of ids.entries()) {
        await succeeds(store.append(appendTo(id, 'mustNotExist', numbered(index + 1))))
      }
      for (const [index, id] of ids.entries()) {
        const events = await eventsOf(store, id)
        same(
          events.map((event) => [event.streamId, event.version]),
          countTo(index + 1).map((version) => [id, version]),
        )
      }
    },
    'takes a stream id of 255 characters': async ({ store }) => {
      const [id, events] = [freshStream().padEnd(255, 'x'), numbered(1)]
      await succeeds(store.append(appendTo(id, 'mustNotExist', events)))
      await holds(store, id, events)
    },
    'never gives a recorded time that goes back within a stream': async ({ store, second }) => {
      const id = freshStream()
      const times: number[] = []
      for (let index = 0; index < 20; index++) {
        const writer = index % 2 === 0 ? store : second
        times.push((await succeeds(writer.append(appendTo(id, index, numbered(1))))).recordedAt)
      }
      assert.ok(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0)))
      same(
        (await eventsOf(store, id)).map(({ recordedAt }) => recordedAt),
        times,
      )
    },
    'records the time in milliseconds since 1970': async ({ store }) => {
      const { recordedAt } = await succeeds(store.append(appendTo(freshStream(), 0, numbered(1))))
      const day = 86_400_000
      assert.ok(Number.isFinite(recordedAt) && Math.abs(recordedAt - Date.now()) < day)
    },
  },
}
