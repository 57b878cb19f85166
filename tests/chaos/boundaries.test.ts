import { Client } from 'pg'
import { postgres } from 'reprise/postgres'
import { type BrokenPromise, describeViolation } from 'reprise/testing'
import { migratedDatabase } from '../support/postgres'
import { scaled } from '../support/workers'
import { type BookingReport, type BookingRun, bookingRun } from './booking-run'
import { type NaiveWay, plant } from './naive-ways'

/** `npm run test:boundaries` for the full size: 60 seconds. */
const SECONDS = scaled('REPRISE_BOUNDARY_SECONDS', 3)
const KILL_EVERY = SECONDS < 10 ? 1_000 : 3_000

const NAIVE: ReadonlyArray<readonly [NaiveWay, BrokenPromise]> = [
  ['no condition', 'ConditionIgnored'],
  ['no locks', 'ConditionIgnored'],
  ['lock and check in one statement', 'ConditionIgnored'],
  ['the highest position for what was seen', 'EventSkipped'],
  ['decided up to the horizon', 'StaleAnswer'],
]

/** One line: what was done, and what was found. */
const described = ({ broken, violations, ...counts }: BookingReport, way = 'sound'): string =>
  `${way}: ${JSON.stringify({ ...counts, broken: broken.length, violations: violations.length })}\n`

describe('sixteen connections of two processes that book six courses of five seats for 24 students of two courses', () => {
  /** In a database of its own: a history has to be whole. */
  const book = async (
    seconds: number,
    { killEvery, way, until }: Pick<BookingRun, 'killEvery' | 'way' | 'until'>,
  ) => {
    const database = await migratedDatabase()
    const admin = new Client({ connectionString: database.url })
    await admin.connect()
    try {
      const { store } = postgres(database.connect(1))
      if (way !== undefined) await plant(admin, way)
      return await bookingRun({ url: database.url, admin, store, seconds, killEvery, way, until })
    } finally {
      await admin.end()
      await database.close()
    }
  }

  it(
    'sell no seat twice, keep what they have acknowledged, and never wait in a circle, whatever is killed or terminated',
    async () => {
      const report = await book(SECONDS, { killEvery: KILL_EVERY })
      process.stdout.write(described(report))
      const { broken, violations, deadlocks, lame, ...counts } = report
      expect(violations.map(describeViolation)).toEqual([])
      expect({ broken, deadlocks, lame }).toEqual({ broken: [], deadlocks: 0, lame: 0 })
      const { booked, lostRounds, inTransactions, plain, kills, terminated } = counts
      for (const count of [booked, lostRounds, inTransactions, plain, kills, terminated]) {
        expect(count).toBeGreaterThan(0)
      }
    },
    60_000 + SECONDS * 3_000,
  )

  it.each(NAIVE)(
    'are found to break their promises: %s',
    async (way, found) => {
      const report = await book(60, { way, until: found })
      process.stdout.write(described(report, way))
      expect(report.violations.map(({ promise }) => promise)).toContain(found)
    },
    120_000,
  )
})
