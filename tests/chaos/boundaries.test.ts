import * as E from 'fp-ts/Either'
import { CompiledQuery, type Kysely } from 'kysely'
import { Client } from 'pg'
import { postgres } from 'reprise/postgres'
import type { BoundaryQuery } from '../../src/core/boundary-query'
import type { BoundaryStore } from '../../src/core/ports/boundary-store'
import type { EventStore } from '../../src/core/ports/event-store'
import type { NewEvent, StoredEvent } from '../../src/core/recorded-event'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { right } from '../support/right'
import { scaled } from '../support/workers'

type Store = EventStore & BoundaryStore

const CONNECTIONS = 16
const COURSES = 6
const SEATS = 5
const STUDENTS = 24
const EACH = 2
/** For how long it is tried again, with new courses and students, in milliseconds. */
const DURATION = scaled('REPRISE_BOUNDARY_SECONDS', 4) * 1000
/** How many of the appends stand in an open transaction of the caller's. */
const IN_TRANSACTION = 0.15

const event = (type: string, tags: ReadonlyArray<string>): NewEvent => ({
  id: crypto.randomUUID(),
  type,
  schemaVersion: 1,
  data: { tags },
  metadata: {},
  tags: tags.toSorted(),
})

const streamOf = (tag: string): string => `${tag.replace(/\W/g, '_')}-1`

const concerns = (tag: string) => (stored: StoredEvent) =>
  (stored.data['tags'] as ReadonlyArray<string>).includes(tag)

const courseOf = (round: number, course: number): string => `course:${round}:${course}`
const studentOf = (round: number, student: number): string => `student:${round}:${student}`

/** What a student's booking depends on: who is in the course, and where the student is. */
const bookingQuery = (course: string, student: string): BoundaryQuery => [
  { tags: [course], types: ['Booked', 'Cancelled', 'Closed'] },
  { tags: [student], types: ['Booked', 'Cancelled'] },
]

const seatsTaken = (events: ReadonlyArray<StoredEvent>): number =>
  events.reduce(
    (sum, { type }) => sum + (type === 'Booked' ? 1 : type === 'Cancelled' ? -1 : 0), // prettier-ignore
    0,
  )

const isAllowed = (events: ReadonlyArray<StoredEvent>, course: string, student: string): boolean =>
  !events.some(({ type }) => type === 'Closed') &&
  seatsTaken(events.filter(concerns(course))) < SEATS &&
  seatsTaken(events.filter(concerns(student))) < EACH

/** Where a rule was broken, seen from all events in their order. */
const violations = (events: ReadonlyArray<StoredEvent>, tags: ReadonlyArray<string>) =>
  tags.flatMap((tag) => {
    const most = tag.startsWith('course') ? SEATS : EACH
    let [taken, closed] = [0, false]
    const found: string[] = []
    for (const { type, position } of events.filter(concerns(tag))) {
      if (type === 'Closed') closed = true
      if (type === 'Cancelled') taken -= 1
      if (type !== 'Booked') continue
      taken += 1
      if (taken > most) found.push(`${tag}: ${taken} of ${most} at ${position}`)
      if (closed) found.push(`${tag}: booked at ${position}, although closed`)
    }
    return found
  })

/** How one connection books, cancels and closes. */
interface Desk {
  readonly store: Store
  /** Does `work` in a transaction that stays open for a moment. */
  readonly inTransaction: <Answer>(
    work: (store: Store) => Promise<E.Either<unknown, Answer>>,
  ) => Promise<E.Either<unknown, Answer>>
}

const deskOn = (db: Kysely<unknown>, change: (store: Store) => Store): Desk => {
  const { store } = postgres(db)
  return {
    store: change(store),
    inTransaction: async (work) => {
      const transaction = await db.startTransaction().execute()
      const answer = await work(change(store.inTransaction(transaction)))
      await transaction.executeQuery(CompiledQuery.raw('select pg_sleep(random() * 0.02)'))
      await (E.isRight(answer) ? transaction.commit() : transaction.rollback()).execute()
      return answer
    },
  }
}

interface Tally {
  booked: number
  refused: number
  conflicts: number
  inTransactions: number
  readonly failures: unknown[]
}

/** One booking, decided again while it is overtaken. */
const book = async (desk: Desk, tally: Tally, course: string, student: string): Promise<void> => {
  const query = bookingQuery(course, student)
  for (;;) {
    const { events, sight } = await right(desk.store.readMatching(query, { limit: 1_000 }))
    if (!isAllowed(events, course, student)) {
      tally.refused += 1
      return
    }
    const streams = [
      {
        streamId: streamOf(`${course}:${student}`),
        expectedVersion: 'any' as const,
        events: [event('Booked', [course, student])],
        commands: [],
      },
    ]
    const append = (store: Store) =>
      store.appendTogether({ streams, condition: { query, sight } })()
    const isOpen = Math.random() < IN_TRANSACTION
    if (isOpen) tally.inTransactions += 1
    const answer = isOpen ? await desk.inTransaction(append) : await append(desk.store)
    if (E.isRight(answer)) {
      tally.booked += 1
      return
    }
    const failure = answer.left as { readonly _tag: string }
    if (failure._tag === 'BoundaryConflict') tally.conflicts += 1
    else {
      tally.failures.push(failure)
      return
    }
  }
}

/** An append without a condition: one that a condition about its tags must see. */
const append = async (
  desk: Desk,
  tally: Tally,
  type: string,
  tags: ReadonlyArray<string>,
): Promise<void> => {
  const request = {
    streamId: streamOf(tags.join()),
    expectedVersion: 'any' as const,
    events: [event(type, tags)],
    commands: [],
  }
  const answer =
    Math.random() < IN_TRANSACTION
      ? await desk.inTransaction((store) => store.append(request)())
      : await desk.store.append(request)()
  if (E.isLeft(answer)) tally.failures.push(answer.left)
}

/** A course is closed in an open transaction; meanwhile somebody cancels, at a higher position that is seen earlier. */
const close = async (desk: Desk, tally: Tally, course: string): Promise<void> => {
  const request = (type: string) => ({
    streamId: streamOf(`${course}:${type}`),
    expectedVersion: 'any' as const,
    events: [event(type, [course])],
    commands: [],
  })
  const cancelled: Array<Promise<E.Either<unknown, unknown>>> = []
  const closed = await desk.inTransaction(async (store) => {
    const answer = await store.append(request('Closed'))()
    cancelled.push(desk.store.append(request('Cancelled'))())
    return answer
  })
  for (const answer of [closed, ...(await Promise.all(cancelled))]) {
    if (E.isLeft(answer)) tally.failures.push(answer.left)
  }
}

describe('sixteen connections that book six courses of five seats for 24 students of two courses', () => {
  let database: MigratedDatabase<unknown>
  let admin: Client
  let rounds = 0

  beforeAll(async () => {
    database = await migratedDatabase()
    admin = new Client({ connectionString: database.url })
    await admin.connect()
  })
  afterAll(async () => {
    await admin.end()
    await database.close()
  })

  const deadlocks = async (): Promise<number> => {
    const { rows } = await admin.query<{ count: number }>(
      'select deadlocks::integer as count from pg_stat_database where datname = current_database()',
    )
    return rows[0]?.count ?? 0
  }

  const bookAll = async (desks: ReadonlyArray<Desk>, tally: Tally): Promise<void> => {
    const round = rounds++
    const wishes = Array.from({ length: STUDENTS * 3 }, (_, index) => ({
      student: studentOf(round, index % STUDENTS),
      course: courseOf(round, Math.floor(Math.random() * COURSES)),
    }))
    let next = 0
    await Promise.all(
      desks.map(async (desk) => {
        for (let index = next++; index < wishes.length; index = next++) {
          const { course = '', student = '' } = wishes[index] ?? {}
          await book(desk, tally, course, student)
          // Three courses are closed by appends that look at nothing; others have events that no condition asks for.
          if (index % 12 === 0 && index < 36) await close(desk, tally, courseOf(round, index / 12))
          else if (index % 5 === 0) await append(desk, tally, 'Noted', [course, student])
        }
      }),
    )
  }

  /** Books for a while; answers where the rules were broken. */
  const runFor = async (duration: number, change: (store: Store) => Store = (store) => store) => {
    const tally: Tally = { booked: 0, refused: 0, conflicts: 0, inTransactions: 0, failures: [] }
    const dbs = Array.from({ length: CONNECTIONS }, () => database.connect(2))
    const desks = dbs.map((db) => deskOn(db, change))
    const first = rounds
    const end = Date.now() + duration
    do await bookAll(desks, tally)
    while (Date.now() < end)
    const reader = postgres(database.connect(1)).store
    const broken: string[] = []
    for (let round = first; round < rounds; round++) {
      const tags = [
        ...Array.from({ length: COURSES }, (_, course) => courseOf(round, course)),
        ...Array.from({ length: STUDENTS }, (_, student) => studentOf(round, student)),
      ]
      const query = tags.map((tag) => ({ tags: [tag] })) as unknown as BoundaryQuery
      const { events } = await right(reader.readMatching(query, { limit: 100_000 }))
      broken.push(...violations(events, tags))
    }
    await Promise.all(dbs.map((db) => db.destroy())) // their deadlocks are counted when they end, at the latest
    return { ...tally, broken }
  }

  it(
    'sell no seat twice, and never wait in a circle',
    async () => {
      const before = await deadlocks()
      const { booked, refused, conflicts, inTransactions, failures, broken } =
        await runFor(DURATION)
      expect(broken).toEqual([])
      expect(failures).toEqual([])
      expect(await deadlocks()).toBe(before)
      for (const count of [booked, refused, conflicts, inTransactions]) {
        expect(count).toBeGreaterThan(0)
      }
    },
    60_000 + DURATION * 3,
  )

  /** The function that appends, with a part of it replaced while `work` runs. */
  const withFunction = async <Result>(
    replaced: readonly [part: string, by: string],
    also: readonly [part: string, by: string],
    work: () => Promise<Result>,
  ): Promise<Result> => {
    const { rows } = await admin.query<{ text: string }>(
      `select pg_get_functiondef(oid) as text from pg_proc where proname = 'append_together'`,
    )
    const text = rows[0]?.text ?? ''
    let changed = text
    for (const [part, by] of [replaced, also]) {
      if (!changed.includes(part)) throw new Error(`the function has no ${part}`)
      changed = changed.replace(part, () => by)
    }
    await admin.query(changed)
    try {
      return await work()
    } finally {
      await admin.query(text)
    }
  }

  const LOCKS = 'if cardinality(lock_names) > 0 then'
  const CHECK = 'from "reprise".matching(item_queries'
  const SAME = [CHECK, CHECK] as const
  const LOCKED = `(select count(case when n.alone then pg_advisory_xact_lock(n.space, n.key)::text
      else pg_advisory_xact_lock_shared(n.space, n.key)::text end)
    from (select (q.tableoid::bigint & 16777215)::integer as space, n.key, n.alone
      from "reprise".events_position_seq q,
        (select hashtext(l.name) as key, bool_or(l.alone) as alone
           from unnest(lock_names, lock_alone) as l(name, alone) group by 1) n
      order by n.key offset 0) n) locked`

  /** Books until a rule is broken, a minute at most. */
  const untilBroken = async (change?: (store: Store) => Store): Promise<number> => {
    const end = Date.now() + 60_000
    for (;;) {
      const { broken } = await runFor(500, change)
      if (broken.length > 0 || Date.now() > end) return broken.length
    }
  }

  it('sell a seat twice without locks', async () => {
    const broken = await withFunction([LOCKS, 'if false then'], SAME, untilBroken)
    expect(broken).toBeGreaterThan(0)
  }, 120_000)

  it('sell a seat twice if the lock and the check are one statement', async () => {
    const broken = await withFunction(
      [LOCKS, 'if cardinality(lock_names) > 0 and cardinality(condition_units) = 0 then'],
      [CHECK, `from ${LOCKED}, "reprise".matching(item_queries`],
      untilBroken,
    )
    expect(broken).toBeGreaterThan(0)
  }, 120_000)

  it('sell a seat in a course that is closed if the highest position that was read stands for what was seen', async () => {
    const [desk, other] = [database.connect(2), database.connect(2)]
    const [{ store }, closing] = [postgres(desk), deskOn(other, (store) => store)]
    const course = courseOf(rounds++, 0)
    const query: BoundaryQuery = [{ tags: [course] }]
    const request = (type: string) => ({
      streamId: streamOf(`${course}:${type}`),
      expectedVersion: 'any' as const,
      events: [event(type, [course])],
      commands: [],
    })
    // Closed at a position, in a transaction that is open; cancelled at a higher one, which can be read before.
    const seen = await right(() =>
      closing.inTransaction(async (inside) => {
        await right(inside.append(request('Closed')))
        await right(store.append(request('Cancelled')))
        return store.readMatching(query, { limit: 10 })()
      }),
    )
    expect(seen.events.map(({ type }) => type)).toEqual(['Cancelled'])
    const book = (sight: typeof seen.sight) =>
      store.appendTogether({ streams: [request('Booked')], condition: { query, sight } })()
    expect(await book(seen.sight)).toMatchObject(E.left({ _tag: 'BoundaryConflict' }))
    const highest = seen.events.at(-1)?.position ?? 0
    expect(await book({ ...seen.sight, after: highest, count: 0 })).toMatchObject({ _tag: 'Right' })
    await Promise.all([desk.destroy(), other.destroy()])
  })
})
