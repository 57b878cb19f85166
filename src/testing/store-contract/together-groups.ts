import assert from 'node:assert/strict'
import type { BoundaryQuery, Sight } from '../../core/boundary-query'
import { type BoundarySuite, lengthIn, wins, writer } from './boundary-suite'
import { countTo, same, succeeds } from './checks'
import {
  aMark,
  appendTo,
  atOnce,
  freshCommandId,
  freshStream,
  freshTag,
  numbered,
  taggedEvents,
} from './fixtures'

const MANY = 64
const NOTHING: Sight = { after: 0, count: 0 }

const on = (tag: string, sight: Sight = NOTHING) => ({
  query: [{ tags: [tag] }] as BoundaryQuery,
  sight,
})

/** Appends that arrive together, so that a store may let them share a statement. */
export const togetherGroups: BoundarySuite = {
  name: 'many appends to several streams at the same moment',
  tests: {
    'are each stored or refused for what is wrong with themselves': async ({ store, second }) => {
      const [seen, commandId, handled] = [freshTag(), freshCommandId(), freshStream()]
      const taken = freshStream()
      await succeeds(store.append(appendTo(taken, 0, taggedEvents([seen]))))
      await succeeds(store.append(appendTo(handled, 0, numbered(1), [aMark(commandId, 1)])))
      const expectations = [
        'BoundaryConflict',
        'VersionConflicts',
        'CommandAlreadyHandled',
        'Right',
      ]
      const answers = await atOnce(MANY, async (index) => {
        const own = freshStream()
        const also = [
          { streams: [appendTo(own, 0, numbered(2))], condition: on(seen) },
          {
            streams: [appendTo(own, 0, numbered(2)), appendTo(`${taken}-${index}`, 7, numbered(1))],
          },
          {
            streams: [
              appendTo(own, 0, numbered(2)),
              appendTo(handled, 'any', [], [aMark(commandId, 0)]),
            ],
          },
          {
            streams: [appendTo(own, 0, taggedEvents([freshTag()], 'A', 2))],
            condition: on(freshTag()),
          },
        ][index % 4]
        const answer = await store.appendTogether(also ?? { streams: [] })()
        return [
          answer._tag === 'Right' ? answer._tag : answer.left._tag,
          await lengthIn(second, own),
        ]
      })
      for (const [index, answer] of answers.entries()) {
        const expected = expectations[index % 4]
        same(answer, [expected, expected === 'Right' ? 2 : 0])
      }
    },
    'see each other: what is asked for is added once': async ({ store }) => {
      const tag = freshTag()
      const attempt = () =>
        store.appendTogether({
          streams: [appendTo(freshStream(), 0, taggedEvents([tag]))],
          condition: on(tag),
        })
      assert.equal(await wins(MANY, 'BoundaryConflict', attempt), 1)
    },
    'see each other: one that asks for nothing is before or after one that asks': async ({
      store,
    }) => {
      const tag = freshTag()
      const answers = await atOnce(MANY, (index) =>
        store.appendTogether({
          streams: [appendTo(freshStream(), 0, taggedEvents([freshTag(), tag]))],
          ...(index % 8 === 3 ? { condition: on(tag) } : {}),
        })(),
      )
      const stored = answers.map((answer) =>
        answer._tag === 'Right' ? (answer.right.streams[0]?.positions[0] ?? 0) : undefined,
      )
      const unconditional = stored.filter((_, index) => index % 8 !== 3)
      assert.ok(unconditional.every((position) => position !== undefined))
      const first = Math.min(...unconditional)
      const conditional = stored.flatMap((position, index) =>
        index % 8 === 3 && position !== undefined ? [position] : [],
      )
      assert.ok(conditional.length <= 1 && conditional.every((position) => position < first))
    },
    'know what has been seen after each of them: it goes on from there': async (stores) => {
      const tags = countTo(MANY / 2).map(() => freshTag())
      const lengths = await atOnce(MANY, async (index) => {
        const [tag = '', mine] = [tags[index % tags.length], index < tags.length]
        let sight = NOTHING
        for (let round = 0; round < 4; round++) {
          // Every boundary has one that goes on from its own appends, and another one beside it that has no tag of it.
          const streams = [appendTo(freshStream(), 0, taggedEvents([mine ? tag : freshTag()]))]
          const condition = on(mine ? tag : freshTag(), sight)
          const answer = await succeeds(
            writer(stores, 0).appendTogether(mine ? { streams, condition } : { streams }),
          )
          sight = answer.sight ?? NOTHING
        }
        return (await succeeds(stores.second.readMatching([{ tags: [tag] }], { limit: 100 })))
          .events.length
      })
      same(
        lengths.slice(0, tags.length),
        tags.map(() => 4),
      )
    },
    'name the same streams and are stored one after another': async ({ store, second }) => {
      const ids = countTo(4).map(() => freshStream())
      const answers = await atOnce(MANY, (index) => {
        const streams = [index, index + 1].map((at) =>
          appendTo(ids[at % 4] ?? '', 'any', numbered(1)),
        )
        return store.appendTogether({ streams })()
      })
      assert.ok(answers.every(({ _tag }) => _tag === 'Right'))
      for (const id of ids) assert.equal(await lengthIn(second, id), MANY / 2)
    },
  },
}
