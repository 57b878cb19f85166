import assert from 'node:assert/strict'
import type { Suite } from './suite'
import { failsWith, numbersOf, same, succeeds } from './checks'
import { aMark, appendTo, aSnapshot, freshCommandId, freshStream, numbered } from './fixtures'

/** What a command handler reads before it decides. */
export const loads: Suite = {
  name: 'loads',
  tests: {
    'loads a stream from the start': async ({ store, second }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(4))))
      const loaded = await succeeds(second.load({ streamId: id, after: 0, limit: 10 }))
      same(numbersOf(loaded.events), [1, 2, 3, 4])
      same([loaded.more, loaded.snapshot, loaded.handled], [false, undefined, undefined])
    },
    'loads only what comes after a version': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(4))))
      for (const after of [0, 1, 3, 4, 5, 2_147_483_647]) {
        const loaded = await succeeds(store.load({ streamId: id, after, limit: 10 }))
        same(numbersOf(loaded.events), [1, 2, 3, 4].slice(after))
        assert.equal(loaded.more, false)
      }
    },
    'answers the version of the stream, whatever the limit': async ({ store, second }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const versions = async (snapshotSchema?: number) => {
        const schema = snapshotSchema === undefined ? {} : { snapshotSchema }
        const found: number[] = []
        for (const after of [0, 1, 3, 4, 5, 2_147_483_647]) {
          for (const limit of [1, 3, 10]) {
            const request = { streamId: id, after, limit, ...schema }
            for (const command of [{}, { commandId }]) {
              const loaded = await succeeds(second.load({ ...request, ...command }))
              found.push(loaded.version)
            }
          }
        }
        return [...new Set(found)]
      }
      same(await versions(), [0])
      await succeeds(store.append(appendTo(id, 0, numbered(3))))
      same([await versions(), await versions(1)], [[3], [3]])
      await succeeds(store.append(appendTo(id, 3, numbered(1, 4), [aMark(commandId, 1)])))
      await succeeds(store.saveSnapshot(aSnapshot(id, 3)))
      same([await versions(), await versions(1), await versions(2)], [[4], [4], [4]])
    },
    'loads an empty stream, which is not an error': async ({ store }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      same(
        await succeeds(
          store.load({ streamId: id, after: 0, snapshotSchema: 1, commandId, limit: 10 }),
        ),
        { version: 0, events: [], more: false },
      )
    },
    'loads as many events as requested, and says whether there are more': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(4))))
      for (const limit of [1, 3, 4, 5]) {
        const loaded = await succeeds(store.load({ streamId: id, after: 0, limit }))
        same(numbersOf(loaded.events), [1, 2, 3, 4].slice(0, limit))
        assert.equal(loaded.more, limit < 4, `more, with limit ${limit}`)
      }
    },
    'loads a snapshot and the events after it': async ({ store, second }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(5))))
      await succeeds(store.saveSnapshot(aSnapshot(id, 3)))
      const request = { streamId: id, after: 0, snapshotSchema: 1, limit: 10 }
      const loaded = await succeeds(second.load(request))
      same(loaded.snapshot, aSnapshot(id, 3))
      same(numbersOf(loaded.events), [4, 5])
      const short = await succeeds(second.load({ ...request, limit: 1 }))
      same([numbersOf(short.events), short.more], [[4], true])
    },
    'loads a snapshot of the newest version without any events': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(2))))
      await succeeds(store.saveSnapshot(aSnapshot(id, 2)))
      same(await succeeds(store.load({ streamId: id, after: 0, snapshotSchema: 1, limit: 10 })), {
        version: 2,
        snapshot: aSnapshot(id, 2),
        events: [],
        more: false,
      })
    },
    'answers no snapshot when none is requested': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(3))))
      await succeeds(store.saveSnapshot(aSnapshot(id, 2)))
      const loaded = await succeeds(store.load({ streamId: id, after: 0, limit: 10 }))
      same([loaded.snapshot, numbersOf(loaded.events)], [undefined, [1, 2, 3]])
    },
    'gives no snapshot of another schema version': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(3))))
      await succeeds(store.saveSnapshot(aSnapshot(id, 2, 1)))
      for (const snapshotSchema of [2, 3]) {
        const loaded = await succeeds(
          store.load({ streamId: id, after: 0, snapshotSchema, limit: 10 }),
        )
        same([loaded.snapshot, numbersOf(loaded.events)], [undefined, [1, 2, 3]])
      }
    },
    'returns no snapshot older than the state of the caller': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(5))))
      await succeeds(store.saveSnapshot(aSnapshot(id, 3)))
      for (const after of [3, 4]) {
        const loaded = await succeeds(
          store.load({ streamId: id, after, snapshotSchema: 1, limit: 10 }),
        )
        same([loaded.snapshot, numbersOf(loaded.events)], [undefined, [4, 5].slice(after - 3)])
      }
    },
    'gives no snapshot beyond the end of the stream': async ({ store }) => {
      const [id, empty] = [freshStream(), freshStream()]
      await succeeds(store.append(appendTo(id, 0, numbered(2))))
      for (const streamId of [id, empty]) {
        await succeeds(store.saveSnapshot(aSnapshot(streamId, 3)))
        const loaded = await succeeds(
          store.load({ streamId, after: 0, snapshotSchema: 1, limit: 10 }),
        )
        same(
          [loaded.snapshot, numbersOf(loaded.events)],
          [undefined, streamId === id ? [1, 2] : []],
        )
      }
    },
    'answers whether a command was handled, whatever else is loaded': async ({ store }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      await succeeds(store.append(appendTo(id, 0, numbered(3))))
      await succeeds(store.append(appendTo(id, 3, numbered(2, 4), [aMark(commandId, 2)])))
      await succeeds(store.saveSnapshot(aSnapshot(id, 5)))
      const request = { streamId: id, limit: 1, snapshotSchema: 1, commandId }
      for (const after of [0, 4, 5]) {
        const { handled } = await succeeds(store.load({ ...request, after }))
        same(handled, { after: 3, eventCount: 2 })
      }
      const other = { ...request, after: 0, commandId: freshCommandId() }
      assert.equal((await succeeds(store.load(other))).handled, undefined)
    },
    'rejects to load an invalid stream id': async ({ store }) => {
      for (const streamId of ['', 'nodash', 'x'.repeat(10_000), 'a-\u0000', 'a-\ud800']) {
        const error = { _tag: 'InvalidStreamId' }
        await failsWith(store.load({ streamId, after: 0, limit: 1 }), error)
      }
    },
  },
}
