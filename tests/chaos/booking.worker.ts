import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import { Pool } from 'pg'
import { openBoundary } from 'reprise/boundary'
import { connectPool, postgres } from 'reprise/postgres'
import { enrolment, type EnrolmentCommand, openCourse, takeSeat } from '../support/enrolment'

/** What a process that books is told. It books until it gets SIGTERM. */
export interface BookingInput {
  readonly url: string
  readonly name: string
  readonly connections: number
  /** Milliseconds since 1970: courses and students are new after every `round` milliseconds from `start` on. */
  readonly start: number
  readonly round: number
}

/** What it answers for each command. */
export interface BookingReport {
  readonly outcome: 'stored' | 'nothing' | 'rejected' | 'failed'
  readonly isOpen: boolean
  readonly events: ReadonlyArray<string>
  readonly message: string
}

const [COURSES, STUDENTS, SEATS, IN_TRANSACTION] = [6, 24, 5, 0.15]
const below = (most: number): number => Math.floor(Math.random() * most)

const main = async (input: BookingInput): Promise<void> => {
  let sent = 0
  let isOver = false
  process.once('SIGTERM', () => (isOver = true))
  const report = (said: BookingReport): void => void process.send?.(said)

  const desk = async (): Promise<void> => {
    const pool = new Pool({ connectionString: input.url, max: 2 })
    pool.on('error', () => undefined) // a connection that is idle when it is terminated
    const db = connectPool(pool)
    const backend = postgres(db)
    const open = openBoundary(enrolment, backend, { retry: { attempts: 100 } })

    /** In an open transaction, which is committed a moment later. */
    const inside = async (command: EnrolmentCommand, commandId: string) => {
      const transaction = await db.startTransaction().execute()
      const answer = await open.inTransaction(transaction).handleCommand(command, { commandId })()
      await sleep(below(20))
      await (E.isRight(answer) ? transaction.commit() : transaction.rollback()).execute()
      return answer
    }

    /** Sent again under its id until its outcome is known, as a client does. */
    const send = async (command: EnrolmentCommand): Promise<void> => {
      const commandId = `${input.name}-${sent++}`
      const isOpen = Math.random() < IN_TRANSACTION
      for (;;) {
        const answer = await (
          isOpen ? inside(command, commandId) : open.handleCommand(command, { commandId })()
        ).catch(() => undefined)
        if (answer === undefined) continue
        if (E.isRight(answer)) {
          const events = answer.right.events.map(({ id }) => id)
          report({ outcome: events.length > 0 ? 'stored' : 'nothing', isOpen, events, message: '' })
        } else if (answer.left._tag === 'StoreFailed') continue
        else {
          const outcome = answer.left._tag === 'Rejected' ? 'rejected' : 'failed'
          report({ outcome, isOpen, events: [], message: answer.left.message })
        }
        return
      }
    }

    /** A plain append, which knows of no boundary: there are no more seats. */
    const close = async (course: string): Promise<void> => {
      await backend.store.append({
        streamId: `closing-${course}`,
        expectedVersion: 'any',
        events: [
          {
            id: crypto.randomUUID(),
            type: 'CourseOpened',
            schemaVersion: 1,
            data: { course, seats: 0 },
            metadata: {},
            tags: [`course:${course}`],
          },
        ],
        commands: [],
      })()
    }

    while (!isOver) {
      const round = Math.floor((Date.now() - input.start) / input.round)
      const course = `${round}_${below(COURSES)}`
      if (below(5) === 0) await send(openCourse(course, SEATS))
      if (below(100) === 0) await close(course)
      await send(takeSeat(course, `${round}_${below(STUDENTS)}`))
    }
    await backend.close()
    await db.destroy()
  }
  await Promise.all(Array.from({ length: input.connections }, desk))
  process.disconnect()
}

void main(JSON.parse(process.argv[2] ?? '{}') as BookingInput)
