import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { MOST_COURSES } from '../support/enrolment'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { scaled, startWorker } from '../support/workers'
import type { BookingInput, BookingReport } from './booking.worker'

/** How long it is booked at least, in milliseconds. */
const DURATION = scaled('REPRISE_BOUNDARY_SECONDS', 4) * 1_000
const ROUND = 2_000
/** And at most, on a machine that is busy. */
const LONGEST = DURATION + 60_000

interface Row {
  readonly id: string
  readonly type: string
  readonly course: string
  readonly student: string
  readonly seats: number
  readonly command: string | null
}

/** Where the rules were broken, seen from all events in their order. */
const violations = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const seats = new Map<string, number>()
  const taken = new Map<string, number>()
  const commands = new Set<string>()
  const found: string[] = []
  for (const { type, course, student, seats: offered, command } of rows) {
    if (command !== null && commands.has(command)) found.push(`${command} had its effect twice`)
    if (command !== null) commands.add(command)
    if (type === 'CourseOpened') {
      seats.set(course, offered)
      continue
    }
    const [ofCourse, ofStudent] = [course, `student ${student}`].map((key) => {
      taken.set(key, (taken.get(key) ?? 0) + 1)
      return taken.get(key) ?? 0
    }) as [number, number]
    if (ofCourse > (seats.get(course) ?? 0)) found.push(`${course}: seat ${ofCourse}`)
    if (ofStudent > MOST_COURSES) found.push(`${student}: course ${ofStudent}`)
  }
  return found
}

describe('a boundary on sixteen connections of two processes', () => {
  let database: MigratedDatabase<unknown>
  let admin: Client
  beforeAll(async () => {
    database = await migratedDatabase()
    admin = new Client({ connectionString: database.url })
    await admin.connect()
  })
  afterAll(async () => {
    await admin.end()
    await database.close()
  })

  it(
    'sells no seat twice, whatever is terminated or killed, and keeps what it has acknowledged',
    async () => {
      const reports: BookingReport[] = []
      const start = Date.now()
      const end = start + DURATION
      const begin = (name: string) => {
        const input: BookingInput = { url: database.url, name, connections: 8, start, round: ROUND }
        const worker = startWorker('chaos/booking.worker.ts', JSON.stringify(input))
        worker.hear((message) => reports.push(message as BookingReport))
        return worker
      }
      const seen = () => ({
        stored: reports.some(({ outcome }) => outcome === 'stored'),
        rejected: reports.some(({ outcome }) => outcome === 'rejected'),
        inTransaction: reports.some(({ isOpen, outcome }) => isOpen && outcome === 'stored'),
      })
      const isSeen = () => Object.values(seen()).every(Boolean)
      const [first, second] = [begin('first'), begin('second')]
      let third: typeof first | undefined
      let terminated = 0
      for (;;) {
        await sleep(200)
        const now = Date.now()
        if (now > start + LONGEST || (now > end && third !== undefined && isSeen())) break
        const { rowCount } = await admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() order by random() limit 1`,
        )
        terminated += rowCount ?? 0
        if (third === undefined && isSeen() && now > start + DURATION / 2) {
          await second.kill()
          third = begin('third')
        }
      }
      for (const one of [first, third]) one?.signal('SIGTERM')
      await Promise.all([
        first.ended,
        third?.ended,
        third === undefined ? second.kill() : undefined,
      ])

      const { rows } = await admin.query<Row>(
        `select id, type, data->>'course' as course, data->>'student' as student,
                (data->>'seats')::integer as seats, metadata->>'commandId' as command
         from reprise.events order by position`,
      )
      expect(violations(rows)).toEqual([])
      const stored = new Set(rows.map(({ id }) => id))
      const acknowledged = reports.flatMap(({ events }) => events)
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
      expect(reports.filter(({ outcome }) => outcome === 'failed')).toEqual([])
      const { rows: deadlocks } = await admin.query<{ count: number }>(
        'select deadlocks::integer as count from pg_stat_database where datname = current_database()',
      )
      expect(deadlocks[0]?.count).toBe(0)
      expect(seen()).toEqual({ stored: true, rejected: true, inTransaction: true })
      expect([terminated > 0, third !== undefined]).toEqual([true, true])
    },
    90_000 + DURATION * 3,
  )
})
