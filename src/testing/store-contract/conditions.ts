import assert from 'node:assert/strict'
import type { BoundaryQuery, Sight } from '../../core/boundary-query'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { BoundarySuite } from './boundary-suite'
import { failsWith, handledBy, holds, isMissing, same, succeeds } from './checks'
import {
  aMark,
  appendTo,
  freshCommandId,
  freshStream,
  freshTag,
  numbered,
  taggedEvents,
} from './fixtures'
import { badQueries } from './matching'

const sightOf = async (store: BoundaryStore, query: BoundaryQuery): Promise<Sight> =>
  (await succeeds(store.readMatching(query, { limit: 1_000 }))).sight

/** An append of one event without tags to a fresh stream. */
const untagged = () => appendTo(freshStream(), 0, numbered(1))

/** Tries an append on a condition that no longer holds. */
const isRefused = async (
  {
    store,
    second,
  }: { readonly store: BoundaryStore; readonly second: Parameters<typeof holds>[0] },
  query: BoundaryQuery,
  sight: Sight,
  position: number,
): Promise<void> => {
  const append = untagged()
  await failsWith(store.appendTogether({ streams: [append], condition: { query, sight } }), {
    _tag: 'BoundaryConflict',
    query,
    position,
    attempts: 1,
  })
  await isMissing(second, append.streamId)
}

/** Appends on the condition that what matches a query is what was seen. */
export const conditions: BoundarySuite = {
  name: 'conditions',
  tests: {
    'hold while nothing has come that matches, and whatever else has': async ({
      store,
      second,
    }) => {
      const [one, other] = [freshTag(), freshTag()]
      const query: BoundaryQuery = [{ tags: [one, other], types: ['A'] }]
      await succeeds(store.append(appendTo(freshStream(), 0, taggedEvents([one, other], 'A', 3))))
      const sight = await sightOf(second, query)
      await succeeds(store.append(appendTo(freshStream(), 0, taggedEvents([one], 'A'))))
      await succeeds(store.append(appendTo(freshStream(), 0, taggedEvents([one, other], 'B'))))
      await succeeds(store.append(untagged()))
      const append = untagged()
      const streams = [append]
      await succeeds(second.appendTogether({ streams, condition: { query, sight } }))
      await holds(store, append.streamId, append.events)
    },
    'do not hold once something has come that matches, by whichever append': async (stores) => {
      const { store, second } = stores
      const [one, other] = [freshTag(), freshTag()]
      const query: BoundaryQuery = [{ tags: [freshTag()] }, { tags: [one, other], types: ['A'] }]
      for (const together of [true, false]) {
        const sight = await sightOf(store, query)
        const events = taggedEvents([one, freshTag(), other], 'A')
        const append = appendTo(freshStream(), 'any', events)
        const stored = together
          ? (await succeeds(second.appendTogether({ streams: [append] }))).streams[0]
          : await succeeds(second.append(append))
        await isRefused(stores, query, sight, stored?.positions[0] ?? 0)
      }
    },
    'need no read after an append: it says what has been seen since': async (stores) => {
      const { store, second } = stores
      const tag = freshTag()
      const query: BoundaryQuery = [{ tags: [tag] }]
      let sight = await sightOf(store, query)
      for (const events of [taggedEvents([tag]), numbered(2), taggedEvents([tag], 'A', 3)]) {
        const streams = [appendTo(freshStream(), 0, events), untagged()]
        const before = sight
        const appended = await succeeds(
          store.appendTogether({ streams, condition: { query, sight } }),
        )
        assert.ok(appended.sight !== undefined, 'an append with a condition gives a sight')
        sight = appended.sight
        if (events.some(({ tags }) => tags !== undefined)) {
          const newest = appended.streams[0]?.positions.at(-1) ?? 0
          await isRefused(stores, query, before, newest)
        }
      }
      const seen = await succeeds(second.readMatching(query, { sight, limit: 10 }))
      same(seen.events.length, sight.count)
    },
    'hold on a count above any position up to which nothing was missed': async (stores) => {
      const tag = freshTag()
      const query: BoundaryQuery = [{ tags: [tag] }]
      const events = taggedEvents([tag], 'A', 3)
      const { positions } = await succeeds(stores.store.append(appendTo(freshStream(), 0, events)))
      const [first = 0, , last = 0] = positions
      for (const [sight, fits] of [
        [{ after: 0, count: 3 }, true],
        [{ after: first, count: 2 }, true],
        [{ after: last, count: 0 }, true],
        [{ after: 0, count: 2 }, false],
        [{ after: 0, count: 4 }, false],
        [{ after: 0, count: 0 }, false],
        [{ after: first, count: 3 }, false],
      ] as const) {
        if (!fits) await isRefused(stores, query, sight, last)
        else {
          const streams = [untagged()]
          const condition = { query, sight }
          await succeeds(stores.second.appendTogether({ streams, condition }))
        }
      }
      await isRefused(stores, query, { after: last, count: 1 }, 0)
    },
    'count an event once that matches two items': async ({ store }) => {
      const [one, other] = [freshTag(), freshTag()]
      const query: BoundaryQuery = [{ tags: [one] }, { tags: [other] }]
      await succeeds(store.append(appendTo(freshStream(), 0, taggedEvents([one, other]))))
      const condition = { query, sight: { after: 0, count: 1 } }
      await succeeds(store.appendTogether({ streams: [untagged()], condition }))
    },
    'do not hold on a sight of something that the store has never had': async (stores) => {
      const { positions } = await succeeds(stores.store.append(untagged()))
      const after = (positions[0] ?? 0) + 1_000_000
      await isRefused(stores, [{ tags: [freshTag()] }], { after, count: 0 }, 0)
    },
    'come after commands that were handled, and after versions': async (stores) => {
      const { store, second } = stores
      const [tag, commandId] = [freshTag(), freshCommandId()]
      const append = appendTo(freshStream(), 0, taggedEvents([tag]), [aMark(commandId, 1)])
      await succeeds(store.append(append))
      const condition = { query: [{ tags: [tag] }], sight: { after: 0, count: 0 } } as const
      await failsWith(second.appendTogether({ streams: [append], condition }), {
        _tag: 'CommandAlreadyHandled',
        commandId,
      })
      const streams = [appendTo(append.streamId, 0, numbered(1))]
      await failsWith(second.appendTogether({ streams, condition }), { _tag: 'VersionConflicts' })
    },
    'are judged where nothing is added, too': async ({ store, second }) => {
      const [tag, id, commandId] = [freshTag(), freshStream(), freshCommandId()]
      const query: BoundaryQuery = [{ tags: [tag] }]
      const sight = await sightOf(store, query)
      const looking = { streams: [appendTo(id, 0, [])], condition: { query, sight } }
      same((await succeeds(second.appendTogether(looking))).sight, sight)
      const marking = { ...looking, streams: [appendTo(id, 0, [], [aMark(commandId, 0)])] }
      const append = appendTo(freshStream(), 0, taggedEvents([tag]))
      const { positions } = await succeeds(store.append(append))
      const conflict = { _tag: 'BoundaryConflict', query, position: positions[0], attempts: 1 }
      for (const request of [looking, marking]) {
        await failsWith(second.appendTogether(request), conflict)
      }
      assert.equal(await handledBy(store, id, commandId), undefined)
      const condition = { query, sight: await sightOf(store, query) }
      await succeeds(second.appendTogether({ ...marking, condition }))
      assert.equal((await handledBy(store, id, commandId))?.eventCount, 0)
    },
    'are all that must be true of a stream at any version': async ({ store, second }) => {
      const [id, tag] = [freshStream(), freshTag()]
      const condition = { query: [{ tags: [tag] }], sight: { after: 0, count: 0 } } as const
      const events = [...numbered(1), ...numbered(1, 2)]
      for (const event of events) {
        const streams = [appendTo(id, 'any', [event])]
        await succeeds(store.appendTogether({ streams, condition }))
      }
      await holds(second, id, events)
    },
    ...Object.fromEntries(
      badQueries.map(({ name, query }) => [
        `are rejected, and nothing is stored: ${name}`,
        async ({ store, second }: Parameters<BoundarySuite['tests'][string]>[0]) => {
          const commandId = freshCommandId()
          const append = appendTo(freshStream(), 0, numbered(1), [aMark(commandId, 1)])
          const condition = {
            query: query as unknown as BoundaryQuery,
            sight: { after: 0, count: 0 },
          }
          await failsWith(store.appendTogether({ streams: [append], condition }), {
            _tag: 'InvalidAppend',
          })
          await isMissing(second, append.streamId)
          assert.equal(await handledBy(second, append.streamId, commandId), undefined)
        },
      ]),
    ),
    'are rejected on a sight that is none': async ({ store, second }) => {
      for (const sight of [
        { after: -1, count: 0 },
        { after: 0, count: -1 },
        { after: Number.NaN, count: 0 },
      ]) {
        const streams = [untagged()]
        const condition = { query: [{ tags: ['a'] }], sight } as const
        await failsWith(store.appendTogether({ streams, condition }), { _tag: 'InvalidAppend' })
        await isMissing(second, streams[0]?.streamId ?? '')
      }
    },
  },
}
