import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { EventStore } from 'reprise/adapter'
import {
  type BrokenPromise,
  checkHistory,
  type HistoryEntry,
  historyFile,
  historyRecorder,
  recordedStore,
  type Violation,
} from 'reprise/testing'
import { right } from '../support/right'
import { startWorker, type WorkerProcess } from '../support/workers'
import type { BookingInput } from './booking.worker'
import { type BookingRow, brokenRules } from './booking-rules'
import type { NaiveWay } from './naive-ways'

/** Two processes of eight desks that book, and what is done to them. */
export interface BookingRun {
  readonly url: string
  /** A connection of its own to the database. */
  readonly admin: Client
  /** The same database, to read it afterwards. */
  readonly store: EventStore
  /** For how long; at most, if it has another end. */
  readonly seconds: number
  /** How often a process is killed, in milliseconds. Left out: never, and no connection is terminated. */
  readonly killEvery?: number | undefined
  readonly way?: NaiveWay | undefined
  /** It ends as soon as the history shows this. */
  readonly until?: BrokenPromise | undefined
}

/** What has become of it. */
export interface BookingReport {
  readonly seconds: number
  /** Calls of the store, those in the callers' transactions included. */
  readonly operations: number
  readonly booked: number
  /** Decisions that were refused because something had come. */
  readonly lostRounds: number
  /** Those for which the locks were taken before. */
  readonly lockedRounds: number
  readonly inTransactions: number
  readonly plain: number
  readonly kills: number
  readonly terminated: number
  readonly deadlocks: number
  /** Seats, courses and closings that were not respected, seen from all events in their order. */
  readonly broken: ReadonlyArray<string>
  readonly violations: ReadonlyArray<Violation>
  /** Processes that did not end well when they were asked to. */
  readonly lame: number
}

const PROCESSES = 2
const DESKS = 8
/** For how long the courses and students are the same, in milliseconds: a course is read again and again. */
const ROUND = 2_000

const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000

const deadlocksIn = async (admin: Client): Promise<number> => {
  const { rows } = await admin.query<{ count: number }>(
    'select deadlocks::integer as count from pg_stat_database where datname = current_database()',
  )
  return rows[0]?.count ?? 0
}

/** Terminates one connection of the processes. */
const terminateOne = async (admin: Client): Promise<number> => {
  const { rowCount } = await admin.query(
    `select pg_terminate_backend(pid) from (
       select pid from pg_stat_activity
       where datname = current_database() and application_name = 'desks' order by random() limit 1) one`,
  )
  return rowCount ?? 0
}

/** The deadlocks of a session are counted when it ends, at the latest. */
const allGone = async (admin: Client): Promise<void> => {
  for (;;) {
    const { rows } = await admin.query(
      `select from pg_stat_activity
       where datname = current_database() and application_name = 'desks'`,
    )
    if (rows.length === 0) return
    await sleep(20)
  }
}

/** Asks a process to end. Answers whether it does, and has nothing to complain about. */
const endsWell = async ({ ended, signal, kill }: WorkerProcess): Promise<boolean> => {
  signal('SIGTERM')
  const code = await Promise.race([ended, sleep(20_000, 'late', { ref: false })])
  if (code === 'late') await kill()
  return code === 0
}

const isOf =
  (promise: BrokenPromise) =>
  (violation: Violation): boolean =>
    violation.promise === promise

/** What all processes have written down so far, in the order in which it happened. */
const historyIn = (folder: string): ReadonlyArray<HistoryEntry> =>
  readdirSync(folder)
    .flatMap((file) => [...historyFile(join(folder, file)).read(() => false)])
    .sort((left, right) => left.at - right.at)

/** What the history says of how it went. */
const countsIn = (history: ReadonlyArray<HistoryEntry>) => {
  const counts = { operations: 0, lostRounds: 0, lockedRounds: 0, inTransactions: 0, plain: 0 }
  /** Of each unit its first stream. */
  const units = new Set<number>()
  for (const entry of history) {
    if ('answer' in entry) {
      const { answer, call } = entry
      const isLost = answer._tag === 'Refused' && answer.reason === 'BoundaryConflict'
      if (isLost && units.has(call)) counts.lostRounds += 1
    }
    if (!('asked' in entry)) continue
    counts.operations += 1
    const { asked, client, call } = entry
    if (asked._tag === 'ReadMatching' && client.endsWith('(locked)')) counts.lockedRounds += 1
    if (asked._tag !== 'Append') continue
    if (asked.unit === undefined) counts.plain += 1
    if (asked.unit !== undefined && asked.events[0]?.id === asked.unit) units.add(call)
    if (client.includes('(in a transaction)')) counts.inTransactions += 1
  }
  return counts
}

/** Lets them book for a while, and judges what all of them were told, and what is stored. */
export const bookingRun = async (run: BookingRun): Promise<BookingReport> => {
  const { url, admin, store, seconds, killEvery, way, until } = run
  const folder = mkdtempSync(join(tmpdir(), 'reprise-bookings-'))
  const [before, start] = [await deadlocksIn(admin), Date.now()]
  let number = 1
  const begin = (): Promise<WorkerProcess> => {
    const file = join(folder, `${number}.jsonl`)
    const planned = way === undefined ? {} : { way }
    const input: BookingInput = { url, file, number, desks: DESKS, start, round: ROUND, ...planned }
    number += 1
    const worker = startWorker('chaos/booking.worker.ts', JSON.stringify(input))
    return new Promise((resolve) => {
      worker.hear(() => resolve(worker))
      void worker.ended.then(() => resolve(worker))
    })
  }
  let [kills, terminated] = [0, 0]
  const workers = await Promise.all(Array.from({ length: PROCESSES }, begin))
  const end = Date.now() + seconds * 1_000
  let killAt = killEvery === undefined ? Infinity : Date.now() + killEvery
  /** On a busy machine little happens in a short time. */
  const isOver = (): boolean =>
    Date.now() > end &&
    (killEvery === undefined || kills * terminated > 0 || Date.now() > end + 30_000)
  while (!isOver()) {
    await sleep(until === undefined ? 100 : 300)
    // What the files hold is not of one moment: other findings may be wrong.
    if (until !== undefined && checkHistory(historyIn(folder)).some(isOf(until))) break
    if (killEvery === undefined) continue
    const more = await terminateOne(admin)
    terminated += more
    if (Date.now() < killAt) continue
    const victim = kills % PROCESSES
    await workers[victim]?.kill()
    kills += 1
    workers[victim] = await begin()
    killAt = Date.now() + killEvery
  }
  const ends = await Promise.all(workers.map(endsWell))
  await allGone(admin)
  const deadlocks = (await deadlocksIn(admin)) - before

  const last: HistoryEntry[] = []
  const recorder = historyRecorder({ write: (entry) => void last.push(entry), now })
  const { readAll } = recordedStore(recorder, 'the last reader', store)
  for (let after = 0, more = true; more;) {
    const page = await right(readAll({ after, limit: 1_000 }))
    ;({ more, upTo: after } = page)
  }
  const history = [...historyIn(folder), ...last]
  rmSync(folder, { recursive: true })
  const { rows } = await admin.query<BookingRow>(
    `select id, type, data->>'course' as course, data->>'student' as student
     from reprise.events order by position`,
  )
  return {
    seconds,
    ...countsIn(history),
    booked: rows.filter(({ type }) => type === 'Booked').length,
    kills,
    terminated,
    deadlocks,
    broken: brokenRules(rows),
    violations: checkHistory(history),
    lame: ends.filter((isWell) => !isWell).length,
  }
}
