import * as E from 'fp-ts/Either'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { openBoundary } from 'reprise/boundary'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { AppendTogetherRequest } from '../../../../src/core/append-together'
import { appendTo, taggedEvents } from '../../../../src/testing/store-contract/fixtures'
import { enrolment, openCourse, takeSeat } from '../../../support/enrolment'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { freshId } from '../../../support/stores'

let database: MigratedDatabase<unknown>
let db: Kysely<unknown>
let backend: ReturnType<typeof postgres<unknown>>
beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect()
  backend = postgres(db)
})
afterAll(() => database.close())

const desk = () => openBoundary(enrolment, backend)
const withCourse = async (seats: number): Promise<string> => {
  const course = freshId()
  await right(desk().handleCommand(openCourse(course, seats)))
  return course
}
const queryOf = (course: string) => [{ tags: [`course:${course}`] }] as const

describe('a boundary in a transaction of the caller', () => {
  it('is stored or rolled back with it, and leaves nothing of it in memory', async () => {
    const [course, one] = [await withCourse(1), desk()]
    const student = freshId()
    for (const end of ['rollback', 'commit'] as const) {
      const transaction = await db.startTransaction().execute()
      const inside = one.inTransaction(transaction)
      const taken = await right(inside.handleCommand(takeSeat(course, student)))
      expect(taken.version).toBe(2)
      const full = await left(inside.handleCommand(takeSeat(course, freshId())))
      expect(full).toMatchObject({ _tag: 'Rejected', rejection: 'CourseFull' })
      expect((await right(inside.load(queryOf(course)))).version).toBe(2)
      expect((await right(one.load(queryOf(course)))).version).toBe(1)
      await transaction[end]().execute()
    }
    expect((await right(one.load(queryOf(course)))).version).toBe(2)
  })

  it('makes those wait who depend on the same, and nobody else', async () => {
    const [course, other] = [await withCourse(1), await withCourse(1)]
    const transaction = await db.startTransaction().execute()
    await right(desk().inTransaction(transaction).handleCommand(takeSeat(course, freshId())))
    let isOver = false
    const late = desk()
      .handleCommand(takeSeat(course, freshId()))()
      .then((answer) => ({ answer, isOver }))
    await right(desk().handleCommand(takeSeat(other, freshId())))
    isOver = true
    await transaction.commit().execute()
    const { answer, isOver: wasOver } = await late
    expect(wasOver).toBe(true)
    expect(E.isLeft(answer) && answer.left).toMatchObject({ rejection: 'CourseFull' })
  })

  it('waits for nothing else while it holds its locks', async () => {
    const [course, other] = [await withCourse(5), await withCourse(5)]
    const query = queryOf(course)
    const request = {
      streams: [{ streamId: 'a-b', expectedVersion: 'any' as const, events: [], commands: [] }],
      condition: { query, sight: { after: 0, count: 0 } },
    }
    const answer = await backend.store.appendLocked(request, () => async () => {
      await right(desk().handleCommand(takeSeat(other, freshId())))
      return E.left({ _tag: 'Enough' })
    })()
    expect(answer).toEqual(E.left({ _tag: 'Enough' }))
  })

  it('does not wait for a tag that was not likely, while it holds its locks: it is refused, and can be tried again', async () => {
    const [one, other] = [freshId(), freshId()]
    const request = (tag: string, ...more: ReadonlyArray<string>): AppendTogetherRequest => ({
      streams: [appendTo(`seat-${freshId()}`, 'any', taggedEvents([tag, ...more].sort()))],
      condition: { query: [{ tags: [tag] }], sight: { after: 0, count: 0 } },
    })
    const writing = (...tags: readonly [string, ...string[]]) =>
      backend.store.appendLocked(request(...tags), () => async () => E.right(request(one, other)))
    const holding = backend.store.appendLocked(request(other), () => async () => {
      // Of its own tag it is sure; whoever holds the other one may wait for this one.
      expect(await left(writing(one))).toMatchObject({
        _tag: 'StoreFailed',
        reason: 'TransactionRefused',
        outcome: 'nothingWritten',
      })
      return E.left({ _tag: 'Enough' })
    })
    expect(await left(holding)).toEqual({ _tag: 'Enough' })
    expect((await right(writing(one))).streams).toHaveLength(1)
  })

  it('is refused in one that is REPEATABLE READ, and nothing is stored', async () => {
    const course = await withCourse(1)
    const transaction = await db.startTransaction().setIsolationLevel('repeatable read').execute()
    const inside = desk().inTransaction(transaction)
    for (const task of [
      inside.handleCommand(takeSeat(course, freshId())),
      inside.load(queryOf(course)),
    ]) {
      expect(await left(task)).toMatchObject({ _tag: 'StoreFailed', reason: 'WrongIsolation' })
    }
    await transaction.rollback().execute()
    expect((await right(desk().load(queryOf(course)))).version).toBe(1)
  })

  it('answers the first failure of the store to all that follows', async () => {
    const course = await withCourse(1)
    const transaction = await db.startTransaction().execute()
    const inside = desk().inTransaction(transaction)
    await sql`select 1/0`.execute(transaction).catch(() => undefined)
    const first = await left(inside.handleCommand(takeSeat(course, freshId())))
    expect(first).toMatchObject({ _tag: 'StoreFailed', outcome: 'nothingWritten' })
    expect(await left(inside.load(queryOf(course)))).toBe(first)
    await transaction.rollback().execute()
  })
})
