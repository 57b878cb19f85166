import assert from 'node:assert/strict'
import type { Suite } from './suite'
import { countTo, eventsOf, failsWith, handledBy, holds, same, succeeds } from './checks'
import { aMark, appendTo, freshCommandId, freshStream, numbered } from './fixtures'

/** The identity of commands: several in one append, and the same id on other streams. */
export const commandIds: Suite = {
  name: 'command ids',
  tests: {
    'records several commands of one append, each with its own events': async (stores) => {
      const [id, events] = [freshStream(), numbered(6)]
      const [first, idle, last] = [freshCommandId(), freshCommandId(), freshCommandId()]
      await succeeds(stores.store.append(appendTo(id, 0, events.slice(0, 2))))
      const marks = [aMark(first, 1), aMark(idle, 0, 1), aMark(last, 3, 1)]
      await succeeds(stores.store.append(appendTo(id, 2, events.slice(2), marks)))
      const handled = (commandId: string) => handledBy(stores.second, id, commandId)
      same(await handled(first), { after: 2, eventCount: 1 })
      same(await handled(idle), { after: 3, eventCount: 0 })
      same(await handled(last), { after: 3, eventCount: 3 })
    },
    'rejects a whole append when any of its commands was handled before': async (stores) => {
      const [id, known, unknown] = [freshStream(), freshCommandId(), freshCommandId()]
      const events = numbered(1)
      await succeeds(stores.store.append(appendTo(id, 0, events, [aMark(known, 1)])))
      const both = [aMark(unknown, 1), aMark(known, 1, 1)]
      await failsWith(stores.second.append(appendTo(id, 1, numbered(2), both)), {
        _tag: 'CommandAlreadyHandled',
        commandId: known,
      })
      await holds(stores.store, id, events)
      const handled = await handledBy(stores.store, id, unknown)
      assert.equal(handled, undefined)
    },
    'takes the same command id on another stream': async ({ store, second }) => {
      const [left, right, commandId] = [freshStream(), freshStream(), freshCommandId()]
      await succeeds(store.append(appendTo(left, 0, numbered(1), [aMark(commandId, 1)])))
      await succeeds(second.append(appendTo(right, 0, numbered(2), [aMark(commandId, 2)])))
      const handled = await handledBy(store, right, commandId)
      same(handled, { after: 0, eventCount: 2 })
    },
    'distinguishes command ids by every character': async ({ store }) => {
      const [id, base] = [freshStream(), freshCommandId()]
      const ids = [
        `${base}a`,
        `${base}A`,
        `${base}a `,
        `${base}é`,
        `${base}e\u0301`,
        base.padEnd(255, '✓'),
      ]
      for (const [index, commandId] of ids.entries()) {
        await succeeds(store.append(appendTo(id, index, numbered(1), [aMark(commandId, 1)])))
      }
      for (const commandId of ids) {
        await failsWith(store.append(appendTo(id, 'any', numbered(1), [aMark(commandId, 1)])), {
          _tag: 'CommandAlreadyHandled',
          commandId,
        })
      }
      same(
        (await eventsOf(store, id)).map(({ version }) => version),
        countTo(ids.length),
      )
    },
  },
}
