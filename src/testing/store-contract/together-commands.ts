import assert from 'node:assert/strict'
import {
  type BoundarySuite,
  lengthIn,
  ROUNDS,
  turned,
  wins,
  writer,
  WRITERS,
} from './boundary-suite'
import { failsWith, handledBy, isMissing, same, succeeds } from './checks'
import { aMark, appendTo, freshCommandId, freshStream, numbered, repeatedly } from './fixtures'

/** Commands that are remembered with an append to several streams. */
export const togetherCommands: BoundarySuite = {
  name: 'commands of several streams',
  tests: {
    'are remembered on every stream, with their events': async ({ store, second }) => {
      const [one, other, idle] = [freshStream(), freshStream(), freshStream()]
      const commandId = freshCommandId()
      await succeeds(store.append(appendTo(one, 0, numbered(2))))
      await succeeds(
        store.appendTogether({
          streams: [
            appendTo(one, 2, numbered(1), [aMark(commandId, 1, 0, 'of one')]),
            appendTo(other, 0, numbered(3), [aMark(commandId, 2, 1)]),
            appendTo(idle, 0, [], [aMark(commandId, 0)]),
          ],
        }),
      )
      same(await handledBy(second, one, commandId), {
        after: 2,
        eventCount: 1,
        fingerprint: 'of one',
      })
      same(await handledBy(second, other, commandId), { after: 1, eventCount: 2 })
      same(await handledBy(second, idle, commandId), { after: 0, eventCount: 0 })
    },
    'are not remembered where nothing was stored': async ({ store }) => {
      const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
      const streams = [
        appendTo(one, 0, numbered(1), [aMark(commandId, 1)]),
        appendTo(other, 7, numbered(1), [aMark(commandId, 1)]),
      ]
      await failsWith(store.appendTogether({ streams }), { _tag: 'VersionConflicts' })
      assert.equal(await handledBy(store, one, commandId), undefined)
      await isMissing(store, one)
    },
    'have no effect again on any stream, and are noticed before a version is': async (stores) => {
      const { store, second } = stores
      const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
      const mark = aMark(commandId, 1, 0, 'first')
      await succeeds(store.append(appendTo(one, 0, numbered(1), [mark])))
      const streams = [
        appendTo(other, 9, numbered(1)),
        appendTo(one, 0, numbered(1), [aMark(commandId, 1, 0, 'second')]),
      ]
      await failsWith(second.appendTogether({ streams }), {
        _tag: 'CommandAlreadyHandled',
        streamId: one,
        commandId,
        after: 0,
        eventCount: 1,
        fingerprint: 'first',
      })
      await isMissing(store, other)
      assert.equal(await lengthIn(store, one), 1)
    },
    'have their effect once when ten send them at the same time': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
        const streams = [one, other].map((id) =>
          appendTo(id, 'any', numbered(1), [aMark(commandId, 1)]),
        )
        const attempt = (index: number) =>
          writer(stores, index).appendTogether({ streams: turned(streams, index) })
        assert.equal(await wins(WRITERS, 'CommandAlreadyHandled', attempt), 1)
        same([await lengthIn(stores.store, one), await lengthIn(stores.store, other)], [1, 1])
      }),
    'have their effect once also when they do nothing': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
        const streams = [one, other].map((id) => appendTo(id, 'any', [], [aMark(commandId, 0)]))
        const attempt = (index: number) =>
          writer(stores, index).appendTogether({ streams: turned(streams, index) })
        assert.equal(await wins(WRITERS, 'CommandAlreadyHandled', attempt), 1)
      }),
  },
}
