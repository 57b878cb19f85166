import type { StreamStore } from '../../core/ports/event-store'
import type { Suite } from './suite'
import { failsWith, isMissing, same, succeeds } from './checks'
import { appendTo, aSnapshot, atOnce, freshStream, numbered, repeatedly } from './fixtures'

const newest = async (store: StreamStore, streamId: string, snapshotSchema = 1) =>
  (await succeeds(store.load({ streamId, after: 0, snapshotSchema, limit: 1 }))).snapshot

const streamOfTwenty = async (store: StreamStore): Promise<string> => {
  const id = freshStream()
  await succeeds(store.append(appendTo(id, 0, numbered(20))))
  return id
}

/** Snapshots: a state to start replaying from, never the source of truth. */
export const snapshots: Suite = {
  name: 'snapshots',
  tests: {
    'replaces a snapshot by a later one': async ({ store, second }) => {
      const id = await streamOfTwenty(store)
      await succeeds(store.saveSnapshot(aSnapshot(id, 2)))
      await succeeds(second.saveSnapshot(aSnapshot(id, 5)))
      same(await newest(store, id), aSnapshot(id, 5))
    },
    'keeps a snapshot when an older one comes in late': async ({ store, second }) => {
      const id = await streamOfTwenty(store)
      await succeeds(store.saveSnapshot(aSnapshot(id, 5)))
      await succeeds(second.saveSnapshot(aSnapshot(id, 2)))
      same(await newest(store, id), aSnapshot(id, 5))
    },
    'keeps the latest of ten snapshots saved at once': ({ store, second }) =>
      repeatedly(5, async () => {
        const id = await streamOfTwenty(store)
        await atOnce(10, (index) => {
          const version = ((index * 7) % 10) + 1
          return succeeds((index % 2 === 0 ? store : second).saveSnapshot(aSnapshot(id, version)))
        })
        same(await newest(second, id), aSnapshot(id, 10))
      }),
    'keeps one snapshot for each schema version': async ({ store }) => {
      const id = await streamOfTwenty(store)
      await succeeds(store.saveSnapshot(aSnapshot(id, 9, 1)))
      await succeeds(store.saveSnapshot(aSnapshot(id, 4, 2)))
      await succeeds(store.saveSnapshot(aSnapshot(id, 7, 2)))
      same(await newest(store, id, 1), aSnapshot(id, 9, 1))
      same(await newest(store, id, 2), aSnapshot(id, 7, 2))
    },
    'keeps the snapshots of streams apart': async ({ store }) => {
      const [left, right] = [await streamOfTwenty(store), await streamOfTwenty(store)]
      await succeeds(store.saveSnapshot(aSnapshot(left, 3)))
      same(await newest(store, right), undefined)
    },
    'keeps any JSON as a state': async ({ store }) => {
      for (const state of [null, true, 0, -1.5, '', 'text', [], [1, [2]], {}, { a: { b: null } }]) {
        const id = await streamOfTwenty(store)
        const snapshot = { ...aSnapshot(id, 1), state }
        await succeeds(store.saveSnapshot(snapshot))
        same(await newest(store, id), snapshot)
      }
    },
    'does not create a stream by a snapshot': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.saveSnapshot(aSnapshot(id, 1)))
      await isMissing(store, id)
      await succeeds(store.append(appendTo(id, 'mustNotExist', numbered(1))))
    },
    'rejects a snapshot of an invalid stream id': async ({ store }) => {
      for (const streamId of ['', 'nodash', 'a-\u0000']) {
        await failsWith(store.saveSnapshot(aSnapshot(streamId, 1)), { _tag: 'InvalidStreamId' })
      }
    },
  },
}
