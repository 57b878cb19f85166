import assert from 'node:assert/strict'
import type { ExpectedVersion } from '../../core/expected-version'
import { type Suite, forEach } from './suite'
import { failsWith, holds, isMissing, succeeds } from './checks'
import { appendTo, freshStream, numbered } from './fixtures'

const fitsNew: ReadonlyArray<ExpectedVersion> = [0, 'mustNotExist', 'any']
const refusedNew: ReadonlyArray<ExpectedVersion> = [1, 2, 2_147_483_646, 'mustExist']
const fitsTwo: ReadonlyArray<ExpectedVersion> = [2, 'mustExist', 'any']
const refusedTwo: ReadonlyArray<ExpectedVersion> = [0, 1, 3, 2_147_483_646, 'mustNotExist']

/** Every expected version, one caller at a time. */
export const expectedVersions: Suite = {
  name: 'expected versions',
  tests: {
    ...forEach(
      fitsNew,
      (expected) => `creates a stream when ${expected} is expected`,
      (expected) =>
        async ({ store, second }) => {
          const [id, events] = [freshStream(), numbered(2)]
          const { version } = await succeeds(store.append(appendTo(id, expected, events)))
          assert.equal(version, 2)
          await holds(second, id, events)
        },
    ),
    ...forEach(
      refusedNew,
      (expected) => `rejects ${expected} on a stream that does not exist, and writes nothing`,
      (expected) =>
        async ({ store, second }) => {
          const id = freshStream()
          await failsWith(store.append(appendTo(id, expected, numbered(1))), {
            _tag: 'VersionConflict',
            streamId: id,
            expected,
            actual: 0,
          })
          await isMissing(second, id)
        },
    ),
    ...forEach(
      fitsTwo,
      (expected) => `appends to a stream at 2 when ${expected} is expected`,
      (expected) =>
        async ({ store, second }) => {
          const [id, events] = [freshStream(), numbered(5)]
          await succeeds(store.append(appendTo(id, 0, events.slice(0, 2))))
          const { version } = await succeeds(second.append(appendTo(id, expected, events.slice(2))))
          assert.equal(version, 5)
          await holds(store, id, events)
        },
    ),
    ...forEach(
      refusedTwo,
      (expected) => `rejects ${expected} on a stream at 2, says so, and writes nothing`,
      (expected) =>
        async ({ store, second }) => {
          const [id, events] = [freshStream(), numbered(2)]
          await succeeds(store.append(appendTo(id, 0, events)))
          await failsWith(second.append(appendTo(id, expected, numbered(3))), {
            _tag: 'VersionConflict',
            streamId: id,
            expected,
            actual: 2,
          })
          await holds(store, id, events)
        },
    ),
    'continues after a conflict as if nothing had happened': async ({ store }) => {
      const [id, events] = [freshStream(), numbered(2)]
      await succeeds(store.append(appendTo(id, 0, events.slice(0, 1))))
      await failsWith(store.append(appendTo(id, 0, numbered(1))), { _tag: 'VersionConflict' })
      await succeeds(store.append(appendTo(id, 1, events.slice(1))))
      await holds(store, id, events)
    },
    'appends only when the task is run': async ({ store }) => {
      const id = freshStream()
      const append = store.append(appendTo(id, 0, numbered(1)))
      await isMissing(store, id)
      await succeeds(append)
      await failsWith(append, { _tag: 'VersionConflict', actual: 1 })
    },
  },
}
