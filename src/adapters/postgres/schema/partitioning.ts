import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import { type InvalidOperation, invalidOperation } from '../../../core/errors/operator'
import { type StoreFailed, storeFailed } from '../../../core/errors/store'
import type { Position } from '../../../core/stream'
import { firstThree } from '../../../core/text'
import { performance, sleep } from '../../../platform/node'
import { isLockTimeout, isTransactionConflict, toStoreFailed } from '../connection/errors'
import { fetchRows } from '../connection/query'
import { rollBack } from '../connection/transaction'
import { DEFAULT_SCHEMA, quoteIdentifier } from './names'

/** How many partitions the events can have. With more a statement over all of them takes more locks than servers are set for. */
const FEWEST_PARTITIONS = 2
const MOST_PARTITIONS = 64

/** How to move the events to partitions. */
export interface Partitioning {
  /** 2 to 64. */
  readonly partitions: number
  /** Called after every batch: how far it is, and where it ends. */
  readonly onProgress?: (reached: Position, target: Position) => void
  /** Aborted: it stops after the batch. To be gone on with by the next call. */
  readonly signal?: AbortSignal
  /** How many events a batch has at most. Fewer while it takes longer than a quarter of a second. Default 50,000. */
  readonly mostInBatch?: number
  /** How long each step waits for other transactions before it gives up, in milliseconds. Default 60,000. */
  readonly patience?: number
}

/** What {@link partitionEvents} has done. */
export interface Partitioned {
  /** How many there are, or will be. 2 to 64. */
  readonly partitions: number
  /** `moved`: now; `before`: there was nothing to do; `stopped`: the signal was aborted before the end. */
  readonly outcome: 'moved' | 'before' | 'stopped'
}

interface BeginRow {
  readonly outcome: 'begun' | 'moving' | 'partitioned' | 'otherwise' | 'blocked'
  readonly has: number | null
  readonly blocking: ReadonlyArray<string> | null
}

interface FinishRow {
  readonly outcome: 'finished' | 'none' | 'moving' | 'waiting'
  readonly waiting: ReadonlyArray<number> | null
}

interface MovedRow {
  readonly moved_to: Position
  readonly goal: Position
}

/** Why events cannot have so many partitions, or `undefined`. */
export const partitioningProblem = (partitions: number): InvalidOperation | undefined =>
  Number.isSafeInteger(partitions) &&
  partitions >= FEWEST_PARTITIONS &&
  partitions <= MOST_PARTITIONS
    ? undefined
    : invalidOperation(
        'number of partitions',
        `must be a whole number from ${FEWEST_PARTITIONS} to ${MOST_PARTITIONS}; got ${partitions}`,
      )

const statementsFor = (schema: string) => ({
  begin: `select outcome, has, to_jsonb(blocking) as blocking from ${schema}.begin_partitioning($1::integer)`,
  move: `select moved_to, goal from ${schema}.move_events($1::integer)`,
  analyze: `analyze ${schema}.events_moving`,
  finish: `select outcome, to_jsonb(waiting_for) as waiting from ${schema}.finish_partitioning()`,
})

/** A batch takes a quarter of a second or so: what waits for it does not wait for long. */
const BATCH_TIME = 250
const FIRST_BATCH = 1_000
const MOST_IN_BATCH = 50_000

const nextSize = (size: number, took: number): number =>
  Math.max(100, Math.round((size * BATCH_TIME) / Math.max(took, 50)))

const FIRST_PAUSE = 25
const LONGEST_PAUSE = 1_000

const givenUp = (waiting: ReadonlyArray<number> | undefined): StoreFailed =>
  storeFailed(
    'TimedOut',
    'nothingWritten',
    undefined,
    waiting === undefined
      ? 'other transactions have held the events all the time: end them, or wait, and run it again: it goes on where it is'
      : `all events were copied, but transactions that are older than that are open, in the server processes ${firstThree(waiting.map(String))}: end them, or wait, and run it again: it goes on where it is`,
  )

/** Waits between attempts, the longer the more there were; until its time is up. */
const patient = (patience: number) => {
  const end = performance.now() + patience
  let pause = FIRST_PAUSE
  return async (): Promise<boolean> => {
    if (performance.now() > end) return false
    await sleep(pause)
    pause = Math.min(2 * pause, LONGEST_PAUSE)
    return true
  }
}

/** Moves the events of a store to partitions: see `PostgresBackend`. */
export type PartitionEvents = (
  partitioning: Partitioning,
) => TaskEither<InvalidOperation | StoreFailed, Partitioned>

/**
 * Moves the events of a store to partitions by the hash of their streams, while it is read and written. In batches, each of
 * which is a transaction: when it is stopped, or killed, the next call goes on. Several at once share the work.
 *
 * Until the end nothing can be erased, archived or truncated: `StoreFailed` with reason `EventsMoving`.
 *
 * Fails with
 * - `InvalidOperation`: the number is not valid or another one than before, or something is in the way of a move.
 * - `StoreFailed`: with reason `TimedOut` others were in the way for too long. Call it again.
 */
export const partitionEvents =
  <Database>(db: Kysely<Database>, schema: string = DEFAULT_SCHEMA): PartitionEvents =>
  ({ partitions, onProgress, signal, mostInBatch = MOST_IN_BATCH, patience = 60_000 }) => {
    const statements = statementsFor(quoteIdentifier(schema))
    const isStopped = (): boolean => signal?.aborted === true
    type Step<Value> = Promise<E.Either<InvalidOperation | StoreFailed, Value>>

    /** One statement in a transaction of its own; each sees what the one before has committed. */
    const run = async <Row>(
      statement: string,
      parameters: ReadonlyArray<unknown> = [],
    ): Promise<E.Either<unknown, ReadonlyArray<Row>>> => {
      try {
        const begin = db.withoutPlugins().startTransaction().setIsolationLevel('read committed')
        const transaction = await begin.execute()
        try {
          const rows = await fetchRows<Row>(transaction, statement, parameters)
          await transaction.commit().execute()
          return E.right(rows)
        } catch (error) {
          await rollBack(transaction)
          return E.left(error)
        }
      } catch (error) {
        return E.left(error)
      }
    }

    /** Tries again for as long as others are in the way. No row: it was told to stop, or there is no move. */
    const insist = async <Row extends object>(
      statement: string,
      parameters: ReadonlyArray<unknown>,
      waitsFor: (row: Row) => ReadonlyArray<number> | undefined = () => undefined,
    ): Step<Row | undefined> => {
      const again = patient(patience)
      for (;;) {
        const rows = await run<Row>(statement, parameters)
        const row = E.isRight(rows) ? rows.right[0] : undefined
        const waiting = row && waitsFor(row)
        if (E.isRight(rows) && waiting === undefined) return E.right(row)
        if (E.isLeft(rows) && !isLockTimeout(rows.left) && !isTransactionConflict(rows.left)) {
          return E.left(toStoreFailed('none')(rows.left))
        }
        if (isStopped()) return E.right(undefined)
        if (!(await again())) return E.left(givenUp(waiting))
      }
    }

    /** True: all events were copied, or another process has finished the move. */
    const moveAll = async (): Step<boolean> => {
      let size = FIRST_BATCH
      while (!isStopped()) {
        const begun = performance.now()
        const rows = await insist<MovedRow>(statements.move, [Math.min(size, mostInBatch)])
        if (E.isLeft(rows)) return rows
        const row = rows.right
        if (row === undefined) return E.right(!isStopped())
        onProgress?.(row.moved_to, row.goal)
        if (row.moved_to >= row.goal) return E.right(true)
        size = nextSize(size, performance.now() - begun)
      }
      return E.right(false)
    }

    const blocked = ({ outcome, has, blocking }: BeginRow): InvalidOperation | undefined => {
      if (outcome === 'otherwise') {
        return invalidOperation(
          'number of partitions',
          `is ${has ?? 0} in this store, and cannot become ${partitions}`,
        )
      }
      return outcome === 'blocked'
        ? invalidOperation(
            'move to partitions',
            `cannot take along ${firstThree(blocking ?? [])}: remove what is in the way before, and make it again afterwards where that is possible`,
          )
        : undefined
    }

    const moveUntilDone = async (): Step<Partitioned> => {
      const stopped = E.right({ partitions, outcome: 'stopped' } as const)
      for (let rounds = 0; ; rounds++) {
        const begun = await insist<BeginRow>(statements.begin, [partitions])
        if (E.isLeft(begun)) return begun
        if (begun.right === undefined) return stopped
        const problem = blocked(begun.right)
        if (problem !== undefined) return E.left(problem)
        if (begun.right.outcome === 'partitioned') {
          return E.right({ partitions, outcome: rounds === 0 ? 'before' : 'moved' })
        }
        const moved = await moveAll()
        if (E.isLeft(moved)) return moved
        if (!moved.right || isStopped()) return stopped
        // So that there are good plans from the first statement on. Another process may have finished meanwhile.
        await run(statements.analyze)
        const finished = await insist<FinishRow>(statements.finish, [], ({ outcome, waiting }) =>
          outcome === 'waiting' ? (waiting ?? []) : undefined,
        )
        if (E.isLeft(finished)) return finished
        if (finished.right === undefined) return stopped
        if (finished.right.outcome === 'finished') {
          return E.right({ partitions, outcome: 'moved' })
        }
      }
    }

    return async () => {
      const problem = partitioningProblem(partitions)
      return problem === undefined ? moveUntilDone() : E.left(problem)
    }
  }
