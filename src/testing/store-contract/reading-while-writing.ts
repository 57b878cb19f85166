import assert from 'node:assert/strict'
import { type SourceSuite, streamIn, type Suite, type Stores } from './suite'
import { countTo, eventsOf, numbersOf, same, succeeds } from './checks'
import {
  aMark,
  appendTo,
  atOnce,
  freshCategory,
  freshCommandId,
  freshStream,
  numbered,
} from './fixtures'
import { pause } from '../eventually'
import { readUpTo } from './following'

const TOGETHER = 3
const APPENDS = 30

/** Appends `TOGETHER` events at a time; resolves at the end. */
const write = async ({ store, second }: Stores, id: string): Promise<void> => {
  for (let index = 0; index < APPENDS; index++) {
    const writer = index % 2 === 0 ? store : second
    const events = numbered(TOGETHER, index * TOGETHER + 1)
    await succeeds(writer.append(appendTo(id, index * TOGETHER, events)))
  }
}

/** Calls `look` repeatedly while `work` is running, and once more afterwards. */
const during = async (work: Promise<unknown>, look: () => Promise<void>): Promise<void> => {
  let done = false
  const ended = work.finally(() => {
    done = true
  })
  const watching = async (): Promise<void> => {
    while (!done) {
      await look()
      await pause()
    }
  }
  await Promise.all([ended, watching()])
  await look()
}

/** Readers see an append completely, in order, or not at all. */
export const readingWhileWriting: Suite = {
  name: 'reading while others write',
  tests: {
    'shows a stream that only ever grows by whole appends': async (stores) => {
      const id = freshStream()
      let seen = 0
      await during(write(stores, id), async () => {
        const { events } = await succeeds(stores.second.read(id, { after: 0, limit: 1000 }))
        same(numbersOf(events), countTo(events.length))
        assert.equal(events.length % TOGETHER, 0, 'a part of an append is visible')
        assert.ok(events.length >= seen, 'events have disappeared')
        seen = events.length
      })
      assert.equal(seen, APPENDS * TOGETHER)
    },
    'loads a snapshot and events that fit together': async (stores) => {
      const id = freshStream()
      let version = 0
      await during(write(stores, id), async () => {
        const request = { streamId: id, after: 0, snapshotSchema: 1, limit: 1000 }
        const { snapshot, events } = await succeeds(stores.store.load(request))
        const from = snapshot?.version ?? 0
        same(
          numbersOf(events),
          countTo(events.length).map((number) => from + number),
        )
        assert.ok(from + events.length >= version, 'the stream became shorter')
        version = from + events.length
        if (version === 0) return
        const taken = { streamId: id, version, schemaVersion: 1, state: { at: version } }
        await succeeds(stores.second.saveSnapshot(taken))
      })
      assert.equal(version, APPENDS * TOGETHER)
    },
    'loads a command mark and its events together, or neither': async ({ store, second }) => {
      for (let round = 0; round < 20; round++) {
        const [id, commandId] = [freshStream(), freshCommandId()]
        const request = appendTo(id, 0, numbered(2), [aMark(commandId, 2)])
        await during(succeeds(store.append(request)), async () => {
          const question = { streamId: id, after: 0, commandId, limit: 10 }
          const { handled, events } = await succeeds(second.load(question))
          assert.equal(events.length, handled === undefined ? 0 : 2)
        })
      }
    },
  },
}

/** Followers see every event of every writer, in order. */
export const followingWriters: SourceSuite = {
  name: 'reading while others write',
  tests: {
    'skips no event of six writers, and gives those of each stream in order': async (stores) => {
      const category = freshCategory()
      const ids = countTo(6).map(() => streamIn(stores, category))
      const first = await succeeds(stores.store.append(appendTo(streamIn(stores), 0, numbered(1))))
      const start = first.positions[0] ?? 0
      const range = { after: start, limit: 7, categories: [category] }
      const followed: Array<{ readonly streamId: string; readonly version: number }> = []
      let after = start
      await during(
        atOnce(ids.length, (index) => write(stores, ids[index] ?? '')),
        async () => {
          const page = await succeeds(stores.second.readAll({ ...range, after }))
          followed.push(...page.events)
          after = page.upTo
        },
      )
      const ends = await Promise.all(ids.map((id) => eventsOf(stores.store, id)))
      const end = Math.max(...ends.map((events) => events.at(-1)?.position ?? 0))
      followed.push(...(await readUpTo(stores.second, { ...range, after }, end)))
      for (const id of ids) {
        const versions = followed.filter(({ streamId }) => streamId === id)
        same(
          versions.map(({ version }) => version),
          countTo(APPENDS * TOGETHER),
        )
      }
    },
  },
}
