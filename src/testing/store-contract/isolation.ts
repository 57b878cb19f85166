import assert from 'node:assert/strict'
import type { Suite } from './suite'
import { eventsOf, holds, same, succeeds } from './checks'
import { aMark, anEvent, appendTo, freshCommandId, freshStream, numbered } from './fixtures'

/** Mutates a value and everything in it, except what is frozen. */
export const vandalise = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) vandalise(inner)
  for (const key of Object.keys(value)) Reflect.set(value, key, 'changed')
  Reflect.set(value, 'added', 'changed')
  if (Array.isArray(value)) Reflect.set(value, 'length', 0)
}

const anything = () =>
  anEvent({ list: [1, { deep: 'kept' }], text: 'kept' }, { actor: 'kept', extra: { a: ['kept'] } })

const copyOf = <Value>(value: Value): Value => structuredClone(value)

/** Stored data cannot be changed through values that were passed in or returned. */
export const isolation: Suite = {
  name: 'changing values afterwards',
  tests: {
    'stores what was handed in, whatever happens to it afterwards': async ({ store, second }) => {
      const [id, commandId, events] = [freshStream(), freshCommandId(), [anything(), anything()]]
      const kept = copyOf(events)
      const request = appendTo(id, 0, events, [aMark(commandId, 2)])
      await succeeds(store.append(request))
      vandalise(request)
      await holds(second, id, kept)
      const question = { streamId: id, after: 0, commandId, limit: 10 }
      const { handled } = await succeeds(second.load(question))
      same(handled, { after: 0, eventCount: 2 })
    },
    'stores what was handed in, even if it changes while the append is under way': async (
      stores,
    ) => {
      const [id, events] = [freshStream(), [anything(), ...numbered(50)]]
      const kept = copyOf(events)
      const request = appendTo(id, 0, events)
      const answer = succeeds(stores.store.append(request))
      vandalise(request)
      await answer
      await holds(stores.second, id, kept)
    },
    'stores a snapshot as it was handed in': async ({ store, second }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, numbered(1))))
      const snapshot = { streamId: id, version: 1, schemaVersion: 1, state: { a: [{ b: 'kept' }] } }
      const kept = copyOf(snapshot)
      const saved = succeeds(store.saveSnapshot(snapshot))
      vandalise(snapshot)
      await saved
      const request = { streamId: id, after: 0, snapshotSchema: 1, limit: 1 }
      same((await succeeds(second.load(request))).snapshot, kept)
    },
    'gives every reader the events as they are, whatever readers did before': async ({ store }) => {
      const [id, events] = [freshStream(), [anything(), anything()]]
      const { positions, ...appended } = await succeeds(store.append(appendTo(id, 0, events)))
      const request = { streamId: id, after: 0, limit: 10 }
      const kept = copyOf(await eventsOf(store, id))
      vandalise(positions)
      vandalise(appended)
      vandalise(await succeeds(store.read(id, { after: 0, limit: 10 })))
      vandalise(await succeeds(store.load(request)))
      same(await eventsOf(store, id), kept)
      same((await succeeds(store.load(request))).events, kept)
    },
    'gives every reader snapshots, marks and summaries as they are': async ({ store }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      await succeeds(store.append(appendTo(id, 0, numbered(1), [aMark(commandId, 1)])))
      const state = { a: [{ b: 'kept' }] }
      await succeeds(store.saveSnapshot({ streamId: id, version: 1, schemaVersion: 1, state }))
      const request = { streamId: id, after: 0, snapshotSchema: 1, commandId, limit: 1 }
      const range = { after: '', limit: 10, category: id.slice(0, id.indexOf('-')) }
      const look = async () => [
        await succeeds(store.load(request)),
        await succeeds(store.streams(range)),
      ]
      const kept = copyOf(await look())
      vandalise(await look())
      same(await look(), kept)
    },
    'returns events that share no data': async ({ store }) => {
      const [id, shared] = [freshStream(), { list: ['kept'] }]
      await succeeds(store.append(appendTo(id, 0, [anEvent(shared), anEvent(shared)])))
      shared.list.push('changed')
      const stored = await eventsOf(store, id)
      assert.equal(stored.length, 2)
      same(
        stored.map(({ data }) => data),
        [{ list: ['kept'] }, { list: ['kept'] }],
      )
    },
  },
}
