/** A process whose desks book, until it is ended from outside. It records what it is told. */
import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import type { Transaction } from 'kysely'
import { Pool } from 'pg'
import type { BoundaryStore, EventStore, NewEvent, StoredEvent } from 'reprise/adapter'
import { openBoundary } from 'reprise/boundary'
import { connectPool, postgres } from 'reprise/postgres'
import {
  historyLine,
  historyRecorder,
  recordedBoundaries,
  recordedStore,
  type TransactionEnd,
} from 'reprise/testing'
import {
  type BookingCommand,
  type BookingEvent,
  bookingDecider,
  bookingEvents,
  bookings,
  COURSES,
  STUDENTS,
  tagsOf,
} from './booking-rules'
import { naively, type NaiveWay } from './naive-ways'

/** What the process is told when it is started. */
export interface BookingInput {
  readonly url: string
  readonly file: string
  readonly number: number
  readonly desks: number
  /** Milliseconds since 1970: courses and students are new after every `round` milliseconds from `start` on. */
  readonly start: number
  readonly round: number
  readonly way?: NaiveWay
}

type Store = EventStore & BoundaryStore
type InTransaction = Transaction<unknown>

/** How many of the appends stand in an open transaction of the caller's. */
const IN_TRANSACTION = 0.15
const below = (most: number): number => Math.floor(Math.random() * most)

const input = JSON.parse(process.argv[2] ?? '{}') as BookingInput
let isOver = false
process.once('SIGTERM', () => (isOver = true))
process.on('disconnect', () => process.exit(2)) // its parent is gone

const pool = new Pool({
  connectionString: input.url,
  max: input.desks,
  application_name: 'desks',
})
pool.on('error', () => undefined) // a connection that is idle when it is terminated
const db = connectPool(pool)
const backend = postgres(db)

const output = openSync(input.file, 'a')
const recorder = historyRecorder({
  // Before the call goes on: the process may be killed at any moment.
  write: (entry) => void writeSync(output, historyLine(entry)),
  // One clock for all processes of the machine.
  now: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  firstCall: input.number * 10_000_000 + 1,
})

const ends = new WeakMap<InTransaction, Promise<TransactionEnd>>()

/** The store as it is told to be, with what `client` is told in the history. */
const recorded = (client: string, own: typeof recorder, sound: Store): Store => {
  const store = naively(input.way, sound)
  return {
    ...recordedStore(own, client, store),
    ...recordedBoundaries(own, client, store),
    appendLocked: recordedBoundaries(own, `${client} (locked)`, store).appendLocked,
  }
}

const storeOf = (client: string) => ({
  ...recorded(client, recorder, backend.store),
  inTransaction: (transaction: InTransaction): Store => {
    const own = recorder.within(ends.get(transaction) ?? Promise.resolve('unknown'))
    const inside = backend.store.inTransaction(transaction)
    return recorded(`${client} (in a transaction)`, own, inside)
  },
})

/** In a transaction that stays open for a moment. `undefined`: its connection was lost. */
const inTransaction = async <Answer extends E.Either<unknown, unknown>>(
  work: (transaction: InTransaction) => Promise<Answer>,
): Promise<Answer | undefined> => {
  let finish: (end: TransactionEnd) => void = () => undefined
  let end: TransactionEnd = 'rolledBack'
  try {
    const transaction = await db.startTransaction().execute()
    ends.set(transaction, new Promise((resolve) => (finish = resolve))) // prettier-ignore
    try {
      const answer = await work(transaction)
      await sleep(below(20))
      if (E.isRight(answer)) {
        end = 'unknown'
        await transaction.commit().execute()
        end = 'committed'
      }
      return answer
    } finally {
      // Also after a COMMIT that failed: Kysely gives the connection back only then.
      if (end !== 'committed') await transaction.rollback().execute()
    }
  } catch {
    return undefined
  } finally {
    finish(end)
  }
}

const newEvent = (type: string, data: Record<string, string>): NewEvent => ({
  id: crypto.randomUUID(),
  type,
  schemaVersion: 1,
  data,
  metadata: {},
  tags: tagsOf(data).sort(),
})

const appendOf = (event: NewEvent) => ({
  streamId: `seat-${(event.tags ?? []).join('_')}`,
  expectedVersion: 'any' as const,
  events: [event],
  commands: [],
})

/** Through a boundary: sent under its id until the outcome is known, as a client does. */
const boundaryDesk = (client: string) => {
  const open = openBoundary(bookings, { store: storeOf(client) }, { retry: { attempts: 100 } })
  let sent = 0
  return async (command: BookingCommand): Promise<void> => {
    const commandId = `${client} ${sent++}`
    const isInside = Math.random() < IN_TRANSACTION
    while (!isOver) {
      const answer = isInside
        ? await inTransaction((transaction) =>
            open.inTransaction(transaction).handleCommand(command, { commandId })(),
          )
        : await open.handleCommand(command, { commandId })()
      if (answer === undefined) continue
      if (E.isRight(answer) || answer.left._tag !== 'StoreFailed') return
    }
  }
}

const decoded = (event: StoredEvent): BookingEvent => {
  const one = bookingEvents.decode(event)
  if (E.isLeft(one)) throw new Error(JSON.stringify(one.left))
  return one.right
}

/** Through the store itself: reads, decides and appends on the condition that this was all. */
const storeDesk = (client: string) => {
  const store = storeOf(client)
  return async (command: BookingCommand): Promise<void> => {
    const query = bookings.query(command)
    while (!isOver) {
      const read = await store.readMatching(query, { limit: 10_000 })()
      if (E.isLeft(read)) continue
      const { events, sight } = read.right
      const state = events.map(decoded).reduce(bookingDecider.evolve, bookingDecider.initialState)
      const decision = bookingDecider.decide(command, state)
      if (E.isLeft(decision)) return
      const streams = decision.right.map(({ type, ...data }) => appendOf(newEvent(type, data)))
      const request = { streams, condition: { query, sight } }
      const answer =
        Math.random() < IN_TRANSACTION
          ? await inTransaction((transaction) =>
              store.inTransaction(transaction).appendTogether(request)(),
            )
          : await store.appendTogether(request)()
      if (answer === undefined || E.isRight(answer)) return
      if (answer.left._tag !== 'BoundaryConflict') return // its outcome may be unknown: it is not decided again
    }
  }
}

/** Appends that look at nothing, and that conditions must see. */
const plainDesk = (client: string) => {
  const store = storeOf(client)
  const append = (type: string, data: Record<string, string>) =>
    store.append(appendOf(newEvent(type, data)))()
  return {
    note: (command: BookingCommand) =>
      append('Noted', { course: command.course, student: command.student }),
    /**
     * In an open transaction; meanwhile something comes that stands at a higher position and is seen earlier, and a
     * seat is booked.
     */
    close: async (course: string, book: () => Promise<void>): Promise<void> => {
      const meanwhile: Array<Promise<unknown>> = []
      await inTransaction(async (transaction) => {
        const closing = appendOf(newEvent('Closed', { course }))
        const closed = store.inTransaction(transaction).append(closing)()
        // At once: whoever waits to book comes between them otherwise, and waits for this transaction.
        const checked = append('Checked', { course })
        meanwhile.push(checked.then(book))
        const answer = await closed
        await Promise.race([checked.then(() => sleep(30)), sleep(200)])
        return answer
      })
      await Promise.all(meanwhile)
      await sleep(below(20))
      await append('Opened', { course })
    },
  }
}

const desk = async (number: number): Promise<void> => {
  const client = `desk ${input.number}.${number}`
  const swap = number % 2 === 0 ? boundaryDesk(client) : storeDesk(client)
  const plain = plainDesk(`${client} (plain)`)
  while (!isOver) {
    const round = Math.floor((Date.now() - input.start) / input.round)
    const course = `course:${round}:${below(COURSES)}`
    const student = `student:${round}:${below(STUDENTS)}`
    const command = { type: 'Swap', course, student } as const
    const chance = Math.random()
    if (chance < 0.03) await plain.close(course, () => swap(command))
    else if (chance < 0.08) await plain.note(command)
    else await swap(command)
  }
}

const main = async (): Promise<void> => {
  process.send?.('ready', () => undefined)
  await Promise.all(Array.from({ length: input.desks }, (_, number) => desk(number)))
  await backend.close()
  await db.destroy()
}

void main().then(
  () => process.exit(0),
  (cause: unknown) => {
    process.stderr.write(`process ${input.number}: ${String(cause)}\n`)
    process.exit(1)
  },
)
