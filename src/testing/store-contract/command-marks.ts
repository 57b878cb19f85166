import assert from 'node:assert/strict'
import type { Suite } from './suite'
import {
  eventsOf,
  failsWith,
  handledBy,
  holds,
  isMissing,
  same,
  succeeds,
  winnersAmong,
} from './checks'
import {
  aMark,
  appendTo,
  atOnce,
  freshCommandId,
  freshStream,
  numbered,
  repeatedly,
} from './fixtures'

/** A command has its effect once per stream, however often it is sent. */
export const commandMarks: Suite = {
  name: 'command marks',
  tests: {
    'rejects a command that was handled before, and reports its events': async (stores) => {
      const [id, commandId, events] = [freshStream(), freshCommandId(), numbered(5)]
      await succeeds(stores.store.append(appendTo(id, 0, events.slice(0, 3))))
      const request = appendTo(id, 3, events.slice(3), [aMark(commandId, 2)])
      await succeeds(stores.store.append(request))
      for (const store of [stores.store, stores.second]) {
        await failsWith(store.append({ ...request, expectedVersion: 5, events: numbered(2) }), {
          _tag: 'CommandAlreadyHandled',
          streamId: id,
          commandId,
          after: 3,
          eventCount: 2,
        })
      }
      await holds(stores.second, id, events)
    },
    'checks the command id before it checks the version': async ({ store, second }) => {
      const [id, commandId, events] = [freshStream(), freshCommandId(), numbered(1)]
      const request = appendTo(id, 0, events, [aMark(commandId, 1)])
      await succeeds(store.append(request))
      await failsWith(second.append(request), { _tag: 'CommandAlreadyHandled', commandId })
      await failsWith(second.append({ ...request, expectedVersion: 77 }), {
        _tag: 'CommandAlreadyHandled',
        commandId,
      })
      await holds(store, id, events)
    },
    'handles a command once when eight callers send it at once': ({ store, second }) =>
      repeatedly(10, async () => {
        const [id, commandId] = [freshStream(), freshCommandId()]
        const answers = await atOnce(8, (index) =>
          (index % 2 === 0 ? store : second).append(
            appendTo(id, 'any', numbered(2), [aMark(commandId, 2)]),
          )(),
        )
        assert.equal(winnersAmong(answers, 'CommandAlreadyHandled').length, 1)
        assert.equal((await eventsOf(second, id)).length, 2)
      }),
    'records a command without events': async ({ store, second }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const request = appendTo(id, 0, [], [aMark(commandId, 0)])
      const { version, positions } = await succeeds(store.append(request))
      same([version, positions], [0, []])
      await failsWith(second.append(request), {
        _tag: 'CommandAlreadyHandled',
        commandId,
        after: 0,
        eventCount: 0,
      })
    },
    'does not create a stream by a command without events': async ({ store, second }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      await succeeds(store.append(appendTo(id, 'mustNotExist', [], [aMark(commandId, 0)])))
      await isMissing(second, id)
      await failsWith(second.append(appendTo(id, 'mustExist', numbered(1))), { actual: 0 })
      await succeeds(second.append(appendTo(id, 'mustNotExist', numbered(1))))
      const handled = await handledBy(store, id, commandId)
      same(handled, { after: 0, eventCount: 0 })
    },
    'checks the version of a command without events': async ({ store }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      await succeeds(store.append(appendTo(id, 0, numbered(2))))
      await failsWith(store.append(appendTo(id, 1, [], [aMark(commandId, 0)])), {
        _tag: 'VersionConflict',
        actual: 2,
      })
      assert.equal(await handledBy(store, id, commandId), undefined)
    },
    'does not record the commands of an append that met a conflict': async ({ store }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const request = appendTo(id, 1, numbered(1), [aMark(commandId, 1)])
      await failsWith(store.append(request), { _tag: 'VersionConflict' })
      assert.equal(await handledBy(store, id, commandId), undefined)
      await succeeds(store.append({ ...request, expectedVersion: 0 }))
    },
  },
}
