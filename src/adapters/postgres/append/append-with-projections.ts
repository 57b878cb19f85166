import * as E from 'fp-ts/Either'
import type { ControlledTransaction, Kysely, Transaction } from 'kysely'
import type { Appended } from '../../../core/append'
import {
  type ProjectionFailed,
  projectionFailed,
  type StoreFailed,
} from '../../../core/errors/store'
import type { AppendError } from '../../../core/errors/unions'
import type { InlineProjection } from '../../../core/ports/inline-projection'
import type { TransactionDocuments } from '../../../core/ports/projection-store'
import type { StoredEvent } from '../../../core/recorded-event'
import { isTransactionConflict, toStoreFailed, type WriteOutcome } from '../connection/errors'
import { failsOnRolledBackCommit, originOf } from '../connection/origin'
import { compiled } from '../connection/query'
import { rollBack } from '../connection/transaction'
import {
  type AppendAnswer,
  type EncodedAppend,
  noAnswer,
  pendingEvents,
  type RunAppend,
} from './append'
import type { RunTogether } from './append-together'
import type { OptimisticStatements } from './append-statements'
import { appendWithStatements } from './append-with-statements'
import { lostRace } from './optimistic-append'

/** The events of an append as they are stored now. */
const storedEvents = (
  append: EncodedAppend,
  { version, positions, recordedAt }: Appended,
): ReadonlyArray<StoredEvent> =>
  pendingEvents(append, version - append.events.length).map((event, index) => ({
    ...event,
    position: positions[index] ?? 0,
    recordedAt,
  }))

/** An append to one stream as one to several. */
export const asTogether =
  (append: RunAppend): RunTogether<AppendError> =>
  async ([encoded]) => {
    const answer = encoded === undefined ? noAnswer : await append(encoded)
    return E.isLeft(answer) ? answer : E.right([answer.right])
  }

/** The other way round. */
export const appendOne =
  (run: RunTogether<AppendError>): RunAppend =>
  async (encoded) => {
    const answer = await run([encoded])
    if (E.isLeft(answer)) return answer
    const [appended] = answer.right
    return appended === undefined ? noAnswer : E.right(appended)
  }

/** The events of all streams of an append, oldest first. */
const allStoredEvents = (
  appends: ReadonlyArray<EncodedAppend>,
  stored: ReadonlyArray<Appended>,
): ReadonlyArray<StoredEvent> => {
  const events = appends.flatMap((append, index) => {
    const appended = stored[index]
    return appended === undefined ? [] : storedEvents(append, appended)
  })
  return appends.length === 1
    ? events
    : events.sort((left, right) => left.position - right.position)
}

/** Read models that are kept inside every append, and their documents inside of a transaction. */
export interface Inline<Database> {
  readonly projections: ReadonlyArray<InlineProjection<Transaction<Database>>>
  readonly documentsIn: (transaction: Transaction<Database>) => TransactionDocuments
}

type InlineFailure = ProjectionFailed | StoreFailed

/** A projection's failure; after a conflict with another transaction a retry may succeed. */
const refusal = (name: string, cause: unknown): InlineFailure =>
  isTransactionConflict(cause) ? toStoreFailed('uncommitted')(cause) : projectionFailed(name, cause)

/** How a failed statement that a projection has ignored is detected. */
type RollbackDetection =
  /** Another statement is sent after the projections. */
  | 'probe'
  /** COMMIT fails: see {@link failsOnRolledBackCommit}. */
  | 'commit'

/** The failure of the probe or of COMMIT: the projections', if they have ignored a failed statement. */
const ignoredFailure = <Database>(
  inline: Inline<Database>,
  outcome: WriteOutcome,
  cause: unknown,
): InlineFailure => {
  const failed = toStoreFailed(outcome)(cause)
  const names = inline.projections.map(({ name }) => name).join(', ')
  return failed.reason === 'TransactionAborted' ? projectionFailed(names, cause) : failed
}

const projectAll = async <Database>(
  inline: Inline<Database>,
  transaction: Transaction<Database>,
  events: ReadonlyArray<StoredEvent>,
  detection: RollbackDetection,
): Promise<E.Either<InlineFailure, void>> => {
  const { projections, documentsIn } = inline
  const documents = documentsIn(transaction)
  for (const { name, project } of projections) {
    try {
      const result = await project(events, transaction, documents)()
      if (E.isLeft(result)) return E.left(refusal(name, result.left))
    } catch (cause) {
      return E.left(refusal(name, cause))
    }
  }
  return projections.length === 0 || detection === 'commit'
    ? E.right(undefined)
    : probe(inline, transaction)
}

/**
 * After a failed statement COMMIT rolls back without an error. A projection that has ignored such a failure must not
 * end in a success that stores nothing.
 */
const probe = async <Database>(
  inline: Inline<Database>,
  transaction: Transaction<Database>,
): Promise<E.Either<InlineFailure, void>> => {
  try {
    await transaction.executeQuery(compiled('select 1'))
    return E.right(undefined)
  } catch (cause) {
    return E.left(ignoredFailure(inline, 'uncommitted', cause))
  }
}

/** An append, and then the projections, in a transaction that is rolled back if this fails. */
const appendThenProject =
  <Database, Failure>(
    inline: Inline<Database>,
    transaction: Transaction<Database>,
    append: RunTogether<Failure>,
    detection: RollbackDetection,
  ): RunTogether<Failure | InlineFailure> =>
  async (encoded, condition) => {
    const answer = await append(encoded, condition)
    if (E.isLeft(answer)) return answer
    const stored = allStoredEvents(encoded, answer.right)
    const projected = await projectAll(inline, transaction, stored, detection)
    return E.isLeft(projected) ? projected : answer
  }

const SAVEPOINT = 'reprise_projections'

/**
 * An append and its projections inside the caller's transaction. If a projection fails, the append is undone with
 * it, and the transaction continues as it was.
 */
export const projectInTransaction =
  <Database, Failure>(
    inline: Inline<Database>,
    transaction: Transaction<Database>,
    append: RunTogether<Failure>,
  ): RunTogether<Failure | InlineFailure> =>
  async (encoded, condition) => {
    if (inline.projections.length === 0) return append(encoded, condition)
    const run = (statement: string) => transaction.executeQuery(compiled(statement))
    try {
      await run(`savepoint ${SAVEPOINT}`)
      const answer = await appendThenProject(
        inline,
        transaction,
        append,
        'probe',
      )(encoded, condition)
      if (E.isLeft(answer)) await run(`rollback to savepoint ${SAVEPOINT}`)
      await run(`release savepoint ${SAVEPOINT}`)
      return answer
    } catch (error) {
      return E.left(toStoreFailed('uncommitted')(error))
    }
  }

const finish = async <Database, Failure>(
  inline: Inline<Database>,
  transaction: ControlledTransaction<Database>,
  result: E.Either<Failure, ReadonlyArray<Appended>>,
): Promise<E.Either<Failure | InlineFailure, ReadonlyArray<Appended>>> => {
  if (E.isLeft(result)) {
    await rollBack(transaction)
    return result
  }
  try {
    await transaction.commit().execute()
    return result
  } catch (error) {
    await rollBack(transaction)
    return E.left(ignoredFailure(inline, 'mayHaveCommitted', error))
  }
}

/** An append and its projections in a transaction of their own: all of it is stored, or nothing. */
export const projectInOwnTransaction = <Database, Failure>(
  db: Kysely<Database>,
  inline: Inline<Database>,
  way: (transaction: Transaction<Database>) => RunTogether<Failure>,
): RunTogether<Failure | InlineFailure> => {
  const detection: RollbackDetection = failsOnRolledBackCommit(db) ? 'commit' : 'probe'
  return async (encoded, condition) => {
    try {
      const transaction = await db.startTransaction().execute()
      const append = appendThenProject(inline, transaction, way(transaction), detection)
      return await finish(inline, transaction, await append(encoded, condition))
    } catch (error) {
      return E.left(toStoreFailed('uncommitted')(error))
    }
  }
}

/** The ways to append beside projections. */
export interface AppendWays<Database> {
  /** For sending theirs in the same round trip. */
  readonly statements: OptimisticStatements
  readonly optimistic: (transaction: Transaction<Database>) => RunTogether<AppendError>
  readonly fallback: (transaction: Transaction<Database>) => RunTogether<AppendError>
}

/** The optimistic way was overtaken: the transaction is unusable. */
const needsFallback = (answer: AppendAnswer): boolean =>
  E.isLeft(answer) && answer.left._tag === 'StoreFailed' && lostRace(answer.left.cause)

/**
 * An append to one stream, and its projections: in one round trip if that can be, else the optimistic way, and where that was
 * overtaken the other one.
 */
export const appendAndProject = <Database>(
  db: Kysely<Database>,
  inline: Inline<Database>,
  { statements, optimistic, fallback }: AppendWays<Database>,
): RunAppend => {
  const first = appendOne(projectInOwnTransaction(db, inline, optimistic))
  const again = appendOne(projectInOwnTransaction(db, inline, fallback))
  const origin = originOf(db)
  const together =
    origin?._tag === 'Pool'
      ? appendWithStatements(origin.direct, statements, inline.projections)
      : undefined
  return async (encoded) => {
    const done = await together?.(encoded)
    if (done !== undefined) return done
    const answer = await first(encoded)
    return needsFallback(answer) ? again(encoded) : answer
  }
}
