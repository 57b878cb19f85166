import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import type { AppendTogetherRequest } from '../../core/append-together'
import type { BoundaryQuery } from '../../core/boundary-query'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import { type BoundarySuite, lengthIn, ROUNDS, writer, WRITERS } from './boundary-suite'
import { called, listenTo } from './append-hooks'
import { eventsOf, failsWith, same, succeeds } from './checks'
import { appendTo, atOnce, freshStream, freshTag, repeatedly, taggedEvents } from './fixtures'

/** Appends a tagged event to a fresh stream, on a condition about its tag. */
const requestOn = (tag: string, sight = { after: 0, count: 0 }): AppendTogetherRequest => ({
  streams: [appendTo(freshStream(), 0, taggedEvents([tag]))],
  condition: { query: [{ tags: [tag] }], sight },
})

const seenBy = async (readMatching: BoundaryStore['readMatching'], tag: string) => {
  const query: BoundaryQuery = [{ tags: [tag] }]
  return succeeds(readMatching(query, { limit: 1_000 }))
}

/** Decides that one more event comes, unless there are `most` already. */
const untilThereAre =
  (most: number, tag: string): Parameters<BoundaryStore['appendLocked']>[1] =>
  (readMatching) =>
  async () => {
    const { events, sight } = await seenBy(readMatching, tag)
    return events.length < most ? E.right(requestOn(tag, sight)) : E.left({ _tag: 'Enough' })
  }

/** Appends that lock what they depend on before it is read. */
export const lockedAppends: BoundarySuite = {
  name: 'appends that lock first',
  tests: {
    'store what was decided on what is there': async ({ store, second }) => {
      const tag = freshTag()
      await succeeds(second.append(appendTo(freshStream(), 0, taggedEvents([tag], 'A', 2))))
      const task = store.appendLocked(requestOn(tag), (readMatching) => async () => {
        const { events, sight } = await seenBy(readMatching, tag)
        same(events.length, 2)
        return E.right(requestOn(tag, sight))
      })
      const appended = await succeeds(task)
      const { events } = await seenBy(second.readMatching, tag)
      same(events.length, 3)
      same(appended.streams[0]?.positions, [events.at(-1)?.position])
      same(appended.sight, { after: events.at(-1)?.position, count: 0 })
    },
    'are not overtaken, whatever comes while it is decided': (stores) =>
      repeatedly(ROUNDS, async () => {
        const tag = freshTag()
        const rivals: Array<Promise<E.Either<unknown, unknown>>> = []
        const task = stores.store.appendLocked(requestOn(tag), (readMatching) => async () => {
          const { sight } = await seenBy(readMatching, tag)
          rivals.push(
            stores.second.append(appendTo(freshStream(), 0, taggedEvents([tag], 'Rival')))(),
            stores.second.appendLocked(requestOn(tag), untilThereAre(9, tag))(),
          )
          for (let index = 0; index < 3; index++) await seenBy(readMatching, tag)
          return E.right(requestOn(tag, sight))
        })
        await succeeds(task)
        for (const rival of await Promise.all(rivals)) assert.equal(rival._tag, 'Right')
        const { events } = await seenBy(stores.second.readMatching, tag)
        same(events.length, 3)
        same(events[0]?.type, 'Counted')
      }),
    'are decided one after another, each on what the one before has stored': async (stores) => {
      const tag = freshTag()
      const answers = await atOnce(WRITERS, (index) =>
        writer(stores, index).appendLocked(requestOn(tag), untilThereAre(4, tag))(),
      )
      const failures = answers.flatMap((answer) => (E.isLeft(answer) ? [answer.left] : []))
      for (const failure of failures) same(failure, { _tag: 'Enough' })
      same(failures.length, WRITERS - 4)
      same((await seenBy(stores.second.readMatching, tag)).events.length, 4)
    },
    'store nothing when it is decided that nothing comes, and let others in': async (stores) => {
      const { store, second } = stores
      const tag = freshTag()
      const likely = requestOn(tag)
      await failsWith(
        store.appendLocked(
          likely,
          () => () => Promise.resolve(E.left({ _tag: 'No', message: 'no' })),
        ),
        { _tag: 'No' },
      )
      same(await lengthIn(second, likely.streams[0]?.streamId ?? ''), 0)
      await succeeds(second.append(appendTo(freshStream(), 0, taggedEvents([tag]))))
    },
    'do not hold a condition that something has come for, even so': async ({ store, second }) => {
      const tag = freshTag()
      await succeeds(second.append(appendTo(freshStream(), 0, taggedEvents([tag]))))
      const request = requestOn(tag)
      const task = store.appendLocked(request, () => () => Promise.resolve(E.right(request)))
      await failsWith(task, { _tag: 'BoundaryConflict' })
      same(await lengthIn(second, request.streams[0]?.streamId ?? ''), 0)
    },
    'call the hooks of the store, as every append does': async ({ store, second }) => {
      const request = requestOn(freshTag())
      const streamId = request.streams[0]?.streamId ?? ''
      const { calls, stop } = listenTo(store, streamId)
      await succeeds(store.appendLocked(request, () => () => Promise.resolve(E.right(request))))
      await called(calls, 1)
      stop()
      same(calls.flat(), await eventsOf(second, streamId))
    },
    'are rejected if they are invalid, before and after it is decided': async (stores) => {
      const { store, second } = stores
      const tag = freshTag()
      const valid = requestOn(tag)
      const invalid = { ...requestOn(tag), streams: [] }
      let asked = 0
      const decide = (request: AppendTogetherRequest) => () => () => {
        asked += 1
        return Promise.resolve(E.right(request))
      }
      for (const [likely, decided] of [
        [invalid, valid],
        [valid, invalid],
      ] as const) {
        const task = store.appendLocked(likely, decide(decided))
        await failsWith(task, { _tag: 'InvalidAppend' })
      }
      same(asked, 1)
      same((await seenBy(second.readMatching, tag)).events.length, 0)
      await succeeds(second.append(appendTo(freshStream(), 0, taggedEvents([tag]))))
    },
  },
}
