import * as E from 'fp-ts/Either'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import type { StreamId } from '../../../core/stream'
import { isCommandTaken, isVersionTaken } from '../connection/errors'
import { type Executor, fetchRows, type TransactionScope } from '../connection/query'
import {
  allFailed,
  type AppendAnswer,
  byStream,
  type EncodedAppend,
  lengthOf,
  noAnswer,
  notSent,
  type RunAppends,
  stored,
  type StoredRow,
} from './append'
import {
  optimisticQuery,
  type OptimisticStatements,
  optimisticStatements,
  type Query,
} from './append-statements'
import { eachAlone, togetherStatement, unitsAppend } from './append-together'
import type { StatementSettings } from './statement-settings'

// An append is optimistic: one statement checks the versions and inserts. What did not fit gives no row, and a race that
// is lost while a row is stored violates a primary key and fails the whole statement: either way nothing of it is
// stored. Then the function takes it that appends units, each append a unit of its own, and answers what has happened.

/** Every statement that appends, as text. The optimistic ones also as they are where the events are in partitions. */
export interface AppendStatements extends OptimisticStatements {
  readonly inPartitions: OptimisticStatements
  readonly appendTogether: string
}

/** The statements for a schema of any name. */
export const appendStatements = (
  schema: string,
  settings: StatementSettings = {},
): AppendStatements => ({
  ...optimisticStatements(schema, settings),
  inPartitions: optimisticStatements(schema, settings, 'partitions'),
  appendTogether: togetherStatement(schema, settings),
})

/** Takes any append: without events, with very much data, or one that met another writer. */
export const fallbackAppend = (
  db: Executor,
  { appendTogether }: AppendStatements,
  scope: TransactionScope,
): RunAppends => eachAlone(unitsAppend(db, appendTogether, scope))

/** Whether the optimistic statements take it. */
const isOrdinary = (appends: ReadonlyArray<EncodedAppend>): boolean => {
  let length = 0
  for (const append of appends) {
    if (append.events.length === 0) return false
    length += lengthOf(append)
  }
  return length <= JSON_PER_STATEMENT
}

/** Whether an optimistic statement has failed only because another writer was faster at this very moment. */
export const lostRace = (error: unknown): boolean => isVersionTaken(error) || isCommandTaken(error)

/** How many statements take the fallback after one that met another writer, if they append to a stream of that one. */
const FALLBACK_STATEMENTS = 32

/** Whether others write to the same streams just now: then the optimistic way is the longer one. */
export interface Contention {
  /** Asked once for each statement. */
  readonly isUnlikely: (appends: ReadonlyArray<EncodedAppend>) => boolean
  readonly record: (appends: ReadonlyArray<EncodedAppend>) => void
}

const contention = (): Contention => {
  const contended = new Map<StreamId, number>() // the last statement that takes the fallback; those that end first, first
  let statement = 0
  let last = 0
  return {
    isUnlikely: (appends) => {
      statement += 1
      if (statement > last) {
        if (contended.size > 0) contended.clear()
        return true
      }
      return !appends.some(({ streamId }) => statement <= (contended.get(streamId) ?? 0))
    },
    record: (appends) => {
      last = statement + FALLBACK_STATEMENTS
      for (const [streamId, until] of contended) {
        if (until >= statement) break
        contended.delete(streamId)
      }
      for (const { streamId } of appends) {
        contended.delete(streamId) // to the end
        contended.set(streamId, last)
      }
    },
  }
}

/** Whether the events are in partitions, which the first append does not know. Both kinds of statements are right for both. */
interface KnownLayout {
  readonly isPartitioned: () => boolean
  readonly learn: (rows: ReadonlyArray<StoredRow>) => void
}

const knownLayout = (): KnownLayout => {
  let partitioned = false
  return {
    isPartitioned: () => partitioned,
    learn: ([row]) => {
      partitioned = row?.partitioned ?? partitioned
    },
  }
}

/** An answer to each append, if each has given a row for each of its events, in their order: the usual case. */
const inOrder = (
  appends: ReadonlyArray<EncodedAppend>,
  rows: ReadonlyArray<StoredRow>,
): ReadonlyArray<AppendAnswer> | undefined => {
  const answers: AppendAnswer[] = []
  let next = 0
  for (const { streamId, events } of appends) {
    const own = events.length === rows.length ? rows : rows.slice(next, next + events.length)
    next += events.length
    const [first] = own
    if (first === undefined || own.length < events.length) return undefined
    for (const row of own) if (row.stream_id !== streamId) return undefined
    answers.push(stored(own, first.recorded_at))
  }
  return next === rows.length ? answers : undefined
}

// Not TE.tryCatch, which takes two kilobytes: this is done for every append.
const settled = <Value>(promise: Promise<Value>): Promise<E.Either<unknown, Value>> =>
  promise.then<E.Either<unknown, Value>, E.Either<unknown, Value>>(E.right, E.left)

/** What is shared by all that append to the same database. */
interface AppendKnowledge {
  readonly contention: Contention
  readonly layout: KnownLayout
}

const appendKnowledge = (): AppendKnowledge => ({
  contention: contention(),
  layout: knownLayout(),
})

/** What the statements of a store have in common. */
export interface AppendContext extends AppendKnowledge {
  readonly statements: AppendStatements
}

export const appendContext = (
  schema: string,
  settings: StatementSettings,
  { contention, layout }: AppendKnowledge = appendKnowledge(),
): AppendContext => ({ statements: appendStatements(schema, settings), contention, layout })

/**
 * Appends as {@link fallbackAppend} does, but faster: assumes that everything fits, and falls back only for what did
 * not. A lost race leaves a transaction unusable: it is answered as a failure, see {@link lostRace}, and the owner of
 * the transaction begins another one.
 */
export const optimisticAppend = (
  { statements, contention, layout }: AppendContext,
  db: Executor,
  scope: TransactionScope,
): RunAppends => {
  // Made when it is needed: a transaction of one append rarely does.
  const fallback: RunAppends = (appends) => fallbackAppend(db, statements, scope)(appends)
  const answersFrom = async (
    appends: ReadonlyArray<EncodedAppend>,
    rows: ReadonlyMap<StreamId, ReadonlyArray<StoredRow>>,
  ): Promise<ReadonlyArray<AppendAnswer>> => {
    const left = appends.filter(({ streamId }) => !rows.has(streamId))
    if (left.length > 0) contention.record(left)
    const answers = left.length > 0 ? await fallback(left) : []
    let next = 0
    return appends.map(({ streamId }) => {
      const own = rows.get(streamId)
      const [first] = own ?? []
      return own === undefined || first === undefined
        ? (answers[next++] ?? noAnswer)
        : stored(own, first.recorded_at)
    })
  }
  return async (appends) => {
    let query: Query | undefined
    try {
      if (contention.isUnlikely(appends) && isOrdinary(appends)) {
        const fitting = layout.isPartitioned() ? statements.inPartitions : statements
        query = optimisticQuery(fitting, appends)
      }
    } catch (cause) {
      return notSent(appends, cause)
    }
    if (query === undefined) return fallback(appends)
    const found = await settled(fetchRows<StoredRow>(db, query.text, query.parameters))
    if (E.isLeft(found)) {
      const lost = lostRace(found.left)
      if (lost) contention.record(appends)
      return lost && scope === 'statement'
        ? fallback(appends)
        : allFailed(appends, scope, found.left)
    }
    layout.learn(found.right)
    return inOrder(appends, found.right) ?? answersFrom(appends, byStream(found.right))
  }
}
