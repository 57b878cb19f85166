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
    'stores the fingerprint of every command, and returns it with what was handled': async (
      stores,
    ) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const [single, idle, bare, last] = ['a', 'b', 'c', 'd'].map((end) => commandId + end)
      const marks = [
        aMark(idle ?? '', 0, 0, 'of idle'),
        aMark(bare ?? '', 1),
        aMark(last ?? '', 2, 1, 'f'.repeat(255)),
      ]
      await succeeds(
        stores.store.append(appendTo(id, 0, numbered(1), [aMark(single ?? '', 1, 0, 'of single')])),
      )
      await succeeds(stores.store.append(appendTo(id, 1, numbered(3), marks)))
      const kept = [
        [single, { after: 0, eventCount: 1, fingerprint: 'of single' }],
        [idle, { after: 1, eventCount: 0, fingerprint: 'of idle' }],
        [bare, { after: 1, eventCount: 1 }],
        [last, { after: 2, eventCount: 2, fingerprint: 'f'.repeat(255) }],
      ] as const
      for (const [known = '', handled] of kept) {
        same(await handledBy(stores.second, id, known), handled)
        const again = appendTo(id, 'any', numbered(1), [aMark(known, 1, 0, 'of another')])
        const refusal = { _tag: 'CommandAlreadyHandled', commandId: known, ...handled }
        await failsWith(stores.second.append(again), refusal)
        await failsWith(
          stores.store.append({ ...again, events: [], commands: [aMark(known, 0)] }),
          refusal,
        )
      }
    },
    'stores the fingerprint of a single command that gave no events': async ({ store, second }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const idle = [aMark(commandId, 0, 0, 'of idle')]
      await succeeds(store.append(appendTo(id, 'any', [], idle)))
      same(await handledBy(second, id, commandId), {
        after: 0,
        eventCount: 0,
        fingerprint: 'of idle',
      })
    },
    'rejects an invalid fingerprint': async ({ store }) => {
      for (const fingerprint of ['', 'x'.repeat(256), 'a\u0000']) {
        const mark = aMark(freshCommandId(), 1, 0, fingerprint)
        await failsWith(store.append(appendTo(freshStream(), 0, numbered(1), [mark])), {
          _tag: 'InvalidAppend',
        })
      }
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
