import * as E from 'fp-ts/Either'
import { isExactly } from '../../../core/expected-version'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import { projectionFailed } from '../../../core/errors/store'
import type { InlineProjection, InlineStatement } from '../../../core/ports/inline-projection'
import { MAXIMUM_VERSION } from '../../../core/stream'
import {
  breaksConnection,
  isNothingStored,
  isTransactionConflict,
  toStoreFailed,
} from '../connection/errors'
import type { DirectExecutor } from '../connection/origin'
import { type Column, failedStatement } from '../connection/prepared-query'
import type { SentStatement } from '../connection/prepared-statements'
import { own } from '../connection/query'
import {
  type AppendAnswer,
  type EncodedAppend,
  lengthOf,
  pendingEvents,
  stored,
  type StoredRow,
} from './append'
import { type OptimisticStatements, oneStreamQuery } from './append-statements'
import { lostRace } from './optimistic-append'

// An append and the statements of its projections in one round trip: one transaction without BEGIN and COMMIT. The append
// fails where it stores nothing, so that nothing after it is run.

/** A projection whose statements are known before its events are stored. */
type WithStatements = InlineProjection<never> &
  Required<Pick<InlineProjection<never>, 'statements'>>

const hasStatements = (projection: InlineProjection<never>): projection is WithStatements =>
  projection.statements !== undefined

/** A statement of a projection. */
interface NamedStatement extends SentStatement {
  readonly projection: string
}

/**
 * What cannot be sent along: nothing at all, COPY, which talks with the client, and what begins or ends transactions. It may follow
 * spaces and comments.
 */
const SPECIAL =
  /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*(?:(?!\*\/)[^])*\*\/)*(?:$|(?:copy|begin|start|commit|end|rollback|abort|savepoint|release|prepare)\b)/i

/** The statements of all projections for an append that fits; `undefined`: a projection fails, or has a {@link SPECIAL} one. */
const statementsOf = (
  projections: ReadonlyArray<WithStatements>,
  append: EncodedAppend,
  version: number,
): ReadonlyArray<NamedStatement> | undefined => {
  const events = pendingEvents(append, version)
  const all: NamedStatement[] = []
  for (const { name, statements } of projections) {
    const found = E.tryCatch((): ReturnType<typeof statements> => statements(events), E.toError)
    const own: E.Either<unknown, ReadonlyArray<InlineStatement>> = E.flatten(found)
    if (E.isLeft(own)) return undefined
    for (const { sql, parameters } of own.right) {
      if (SPECIAL.test(sql)) return undefined
      all.push({ projection: name, text: sql, parameters })
    }
  }
  return all
}

const asText = (text: string): string => text

/** The columns of the statements that append. */
const COLUMNS: ReadonlyArray<Column> = [
  { name: 'stream_id', parse: asText },
  { name: 'version', parse: Number },
  { name: 'position', parse: Number },
  { name: 'recorded_at', parse: Number },
]

/** What became of an append whose batch has failed; `undefined`: another way of appending will tell. */
const failure = (
  statements: ReadonlyArray<NamedStatement>,
  error: unknown,
): AppendAnswer | undefined => {
  const index = failedStatement(error)
  if (index === 0 && (isNothingStored(error) || lostRace(error))) return undefined
  const failed = index === undefined ? undefined : statements[index - 1]
  return failed === undefined || breaksConnection(error) || isTransactionConflict(error)
    ? E.left(toStoreFailed('mayHaveCommitted')(error))
    : E.left(projectionFailed(failed.projection, error))
}

/** Whether it can be sent along with statements: the versions of its events are known. */
const isKnown = (append: EncodedAppend): boolean =>
  isExactly(append.expectedVersion) &&
  append.expectedVersion !== MAXIMUM_VERSION &&
  append.events.length > 0 &&
  lengthOf(append) <= JSON_PER_STATEMENT

/**
 * An append with the statements of its projections; `undefined`: it cannot be done so, or did not fit, and nothing was
 * stored. `undefined` instead of a function: not all projections know their statements.
 */
export const appendWithStatements = (
  direct: DirectExecutor,
  { orRefused }: OptimisticStatements,
  projections: ReadonlyArray<InlineProjection<never>>,
): ((append: EncodedAppend) => Promise<AppendAnswer | undefined>) | undefined => {
  if (!projections.every(hasStatements)) return undefined
  return async (append) => {
    if (!isKnown(append)) return undefined
    const { expectedVersion } = append
    const version = expectedVersion === 'mustNotExist' ? 0 : Number(expectedVersion)
    const statements = statementsOf(projections, append, version)
    const query = oneStreamQuery(orRefused, append)
    if (statements === undefined || query === undefined) return undefined
    const first = { ...query, text: own(query.text) }
    try {
      const answer = await direct.together({ statements: [first, ...statements], columns: COLUMNS })
      if (answer === undefined) return undefined
      const rows = answer.rows as unknown as ReadonlyArray<StoredRow>
      return stored(rows, rows[0]?.recorded_at ?? 0)
    } catch (error) {
      return failure(statements, error)
    }
  }
}
