import assert from 'node:assert/strict'
import type { BoundaryQuery } from '../../core/boundary-query'
import type { StreamStore } from '../../core/ports/event-store'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import { type BoundarySuite, ROUNDS, wins, writer, WRITERS } from './boundary-suite'
import { countTo, same, succeeds } from './checks'
import { appendTo, atOnce, freshStream, freshTag, repeatedly, taggedEvents } from './fixtures'

type Store = StreamStore & BoundaryStore

const SEATS = 5

/**
 * Takes a seat, if there is one, for a student who may take two: reads until its append is stored. Answers whether it
 * was.
 */
const book = async (store: Store, course: string, student: string): Promise<boolean> => {
  const query: BoundaryQuery = [{ tags: [course] }, { tags: [student] }]
  for (;;) {
    const { events, sight } = await succeeds(store.readMatching(query, { limit: 1_000 }))
    const [inCourse, ofStudent] = [course, student].map(
      (tag) => events.filter(({ metadata }) => metadata.extra?.[tag] === true).length,
    ) as [number, number]
    const isClosed = events.some(({ type }) => type === 'Closed')
    if (inCourse >= SEATS || ofStudent >= 2 || isClosed) return false
    const booked = taggedEvents([course, student], 'Booked').map((event) => ({
      ...event,
      metadata: { extra: { [course]: true, [student]: true } },
    }))
    const streams = [appendTo(freshStream(), 0, booked)]
    const answer = await store.appendTogether({ streams, condition: { query, sight } })()
    if (answer._tag === 'Right') return true
    assert.equal(answer.left._tag, 'BoundaryConflict', answer.left.message)
  }
}

const typesOf = async (store: Store, tag: string): Promise<ReadonlyArray<string>> =>
  (await succeeds(store.readMatching([{ tags: [tag] }], { limit: 1_000 }))).events.map(
    ({ type }) => type,
  )

/** Appends on conditions at the same time. */
export const conditionRaces: BoundarySuite = {
  name: 'races on conditions',
  tests: {
    'are won by exactly one of ten that have seen the same': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [tag, other] = [freshTag(), freshTag()]
        const items = [{ tags: [tag] }, { tags: [other] }] as const
        const { sight } = await succeeds(stores.store.readMatching(items, { limit: 1 }))
        const attempt = (index: number) => {
          const streams = [appendTo(freshStream(), 0, taggedEvents([tag, other]))]
          const query: BoundaryQuery = index % 2 === 0 ? items : [items[1], items[0]]
          return writer(stores, index).appendTogether({ streams, condition: { query, sight } })
        }
        assert.equal(await wins(WRITERS, 'BoundaryConflict', attempt), 1)
        same(await typesOf(stores.second, tag), ['Counted'])
      }),
    'are won by all that have looked at different things': (stores) =>
      repeatedly(ROUNDS, async () => {
        const shared = freshTag()
        const attempt = (index: number) => {
          const tag = freshTag()
          const streams = [appendTo(freshStream(), 0, taggedEvents([tag, shared]))]
          const condition = {
            query: [{ tags: [tag, shared] }],
            sight: { after: 0, count: 0 },
          } as const
          return writer(stores, index).appendTogether({ streams, condition })
        }
        assert.equal(await wins(WRITERS, 'BoundaryConflict', attempt), WRITERS)
      }),
    'let only one win of two that each write what the other one has looked at': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other] = [freshTag(), freshTag()]
        const attempt = (index: number) => {
          const [seen, written] = index % 2 === 0 ? [one, other] : [other, one]
          return writer(stores, index).appendTogether({
            streams: [appendTo(freshStream(), 0, taggedEvents([written]))],
            condition: { query: [{ tags: [seen] }], sight: { after: 0, count: 0 } },
          })
        }
        assert.equal(await wins(2, 'BoundaryConflict', attempt), 1)
      }),
    'give no seat of a course twice, and no student a third one': async (stores) => {
      const courses = countTo(3).map(() => freshTag())
      const students = countTo(8).map(() => freshTag())
      await atOnce(24, (index) =>
        book(writer(stores, index), courses[index % 3] ?? '', students[index % 8] ?? ''),
      )
      for (const course of courses) {
        const taken = (await typesOf(stores.store, course)).length
        // Of eight students five at most can have a seat in each of the two other courses.
        assert.ok(taken >= 3 && taken <= SEATS, `${taken} seats are taken`)
      }
      for (const student of students) {
        assert.ok((await typesOf(stores.second, student)).length <= 2)
      }
    },
    'let nothing in after an append without a condition that forbids it': (stores) =>
      repeatedly(ROUNDS, async () => {
        const course = freshTag()
        await atOnce(WRITERS, async (index) => {
          if (index !== 4) return book(writer(stores, index), course, freshTag())
          await succeeds(stores.store.readMatching([{ tags: [course] }], { limit: 1 }))
          const closed = appendTo(freshStream(), 0, taggedEvents([course], 'Closed'))
          await succeeds(writer(stores, index).append(closed))
          return false
        })
        same((await typesOf(stores.second, course)).at(-1), 'Closed')
      }),
  },
}
