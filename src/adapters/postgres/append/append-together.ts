import * as E from 'fp-ts/Either'
import type { Appended } from '../../../core/append'
import type { AppendCondition } from '../../../core/boundary-query'
import {
  boundaryConflict,
  commandAlreadyHandled,
  type StreamConflict,
  versionConflict,
  versionConflicts,
} from '../../../core/errors/conflict'
import { storeFailed } from '../../../core/errors/store'
import type { AppendError, AppendTogetherError } from '../../../core/errors/unions'
import { toStoreFailed } from '../connection/errors'
import { named } from '../connection/own-statements'
import { type Executor, fetchRows, outcomeIn, type TransactionScope } from '../connection/query'
import { handledCommand } from '../read/load-statements'
import { itemColumns } from '../read/read-matching'
import { eventsOf, quoteIdentifier } from '../schema/names'
import { appendedOf, byStream } from './append-answer'
import type { EncodedAppend } from './encoded-append'
import { type FallbackRow, textColumns } from './fallback-append'
import { type Columns, eventColumns, markColumns, streamColumns } from './statement-parts'

/** Appends to several streams: all of them, or none. An answer for each of them, in their order. Never rejects. */
export type RunTogether<Failure> = (
  appends: ReadonlyArray<EncodedAppend>,
  condition?: AppendCondition,
) => Promise<E.Either<Failure, ReadonlyArray<Appended>>>

/** The statement for a schema of any name: see append_together in migrations/0001_reprise.sql. */
export const togetherStatement = (schema: string): string =>
  named(
    'append_together',
    `
select stream_id, outcome, version, "position", recorded_at, command_id, event_count, fingerprint
from ${quoteIdentifier(schema)}.append_together(
  $1::text[], $2::integer[],
  $3::text[], $4::integer[],
  $5::text[]::uuid[], $6::text[], $7::smallint[], $8::text[]::jsonb[], $9::text[]::jsonb[],
  $10::text[], $11::text[], $12::integer[], $13::integer[], $14::text[],
  $15::text[], $16::boolean[], $17::integer[], $18::text[],
  $19::bigint, $20::bigint, $21::text[], $22::text[], $23::text[], ${eventsOf(schema)})`,
  )

/** What is locked by its name until the end of the transaction: alone, or beside others who lock it shared. */
interface NamedLock {
  readonly name: string
  readonly alone: boolean
}

const isWritten = ({ events }: EncodedAppend): boolean => events.length > 0

/** Whether nothing is written to it, and yet it must be where it is expected. */
const isLookedAt = (append: EncodedAppend): boolean =>
  !isWritten(append) && append.expectedVersion !== 'any'

/**
 * A stream that is written needs no lock, for its next version can be taken only once. One that is only looked at does:
 * of two appends that each look at a stream that the other one writes, one must wait, and then sees what the other has
 * stored.
 */
const streamLocks = (appends: ReadonlyArray<EncodedAppend>): ReadonlyArray<NamedLock> =>
  appends.some(isLookedAt)
    ? appends.map((append) => ({ name: `stream ${append.streamId}`, alone: isWritten(append) }))
    : []

/**
 * A writer of a tag locks it, beside all others who do; a condition locks one tag of each of its items alone. So
 * nothing that it asks for is on its way when it is checked. One is enough, for writers lock all of their tags.
 */
const tagLocks = (
  appends: ReadonlyArray<EncodedAppend>,
  condition: AppendCondition | undefined,
): ReadonlyArray<NamedLock> => {
  const written = new Set(appends.flatMap(({ events }) => events.flatMap(({ tags }) => tags ?? [])))
  const lock = (tag: string, alone: boolean): NamedLock => ({ name: `tag ${tag}`, alone })
  return [
    ...Array.from(written, (tag) => lock(tag, false)),
    ...(condition?.query ?? []).map(({ tags: [tag] }) => lock(tag, true)),
  ]
}

/** What an append locks by its name: the names, and which of them alone. */
export const lockColumns = (
  appends: ReadonlyArray<EncodedAppend>,
  condition: AppendCondition | undefined,
): Columns => {
  const locks = [...streamLocks(appends), ...tagLocks(appends, condition)]
  return [
    locks.map(({ name }) => name),
    `{${locks.map(({ alone }) => (alone ? 't' : 'f')).join(',')}}`,
  ]
}

/** The tags of all events, each with the place of its event among all of them. */
const tagColumns = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const [turns, tags]: [number[], string[]] = [[], []]
  for (const [index, event] of appends.flatMap(({ events }) => events).entries()) {
    for (const tag of event.tags ?? []) {
      turns.push(index + 1)
      tags.push(tag)
    }
  }
  return [turns, tags]
}

const inOrder = (appends: ReadonlyArray<EncodedAppend>): ReadonlyArray<EncodedAppend> =>
  [...appends].sort((left, right) => (left.streamId < right.streamId ? -1 : 1))

const parametersOf = (
  appends: ReadonlyArray<EncodedAppend>,
  condition: AppendCondition | undefined,
): ReadonlyArray<unknown> => [
  ...streamColumns(appends),
  ...eventColumns(appends, 0, textColumns),
  ...markColumns(appends),
  ...lockColumns(appends, condition),
  ...tagColumns(appends),
  condition?.sight.after ?? null,
  condition?.sight.count ?? null,
  ...itemColumns(condition?.query ?? []),
]

const conflictsOf = (
  appends: ReadonlyArray<EncodedAppend>,
  rows: ReadonlyMap<string, ReadonlyArray<FallbackRow>>,
): ReadonlyArray<StreamConflict> =>
  appends.flatMap(({ streamId, expectedVersion }) =>
    (rows.get(streamId) ?? []).flatMap(({ outcome, version }) =>
      outcome === 1 ? [{ streamId, expected: expectedVersion, actual: version }] : [],
    ),
  )

const answerTo = (
  appends: ReadonlyArray<EncodedAppend>,
  condition: AppendCondition | undefined,
  rows: ReadonlyMap<string, ReadonlyArray<FallbackRow>>,
): E.Either<AppendTogetherError, ReadonlyArray<Appended>> => {
  const unmet = rows.get('')?.[0]
  if (unmet !== undefined && condition !== undefined) {
    return E.left(boundaryConflict(condition.query, unmet.position ?? 0))
  }
  const appended: Appended[] = []
  for (const { streamId } of appends) {
    const own = rows.get(streamId)
    const first = own?.[0]
    if (own === undefined || first === undefined) continue
    if (first.outcome === 2) {
      const { command_id, event_count, version, fingerprint } = first
      const handled = handledCommand(version, event_count ?? 0, fingerprint)
      return E.left(commandAlreadyHandled(streamId, command_id ?? '', handled))
    }
    appended.push(appendedOf(own, first.recorded_at))
  }
  const conflicts = conflictsOf(appends, rows)
  if (conflicts.length > 0) return E.left(versionConflicts(conflicts))
  return appended.length === appends.length
    ? E.right(appended)
    : E.left(storeFailed('Unexpected', 'unknown', undefined, 'the append gave no answer'))
}

/** Appends to several streams in one statement, which answers everything: nothing is ever sent again. */
export const togetherAppend =
  (db: Executor, statement: string, scope: TransactionScope): RunTogether<AppendTogetherError> =>
  async (appends, condition) => {
    try {
      const parameters = parametersOf(inOrder(appends), condition)
      const rows = await fetchRows<FallbackRow>(db, statement, parameters)
      return answerTo(appends, condition, byStream(rows))
    } catch (error) {
      return E.left(toStoreFailed(outcomeIn(scope))(error))
    }
  }

/** The failure of an append to a single stream, which has no condition. */
const alone = (error: AppendTogetherError): AppendError => {
  if (error._tag === 'BoundaryConflict') return storeFailed('Unexpected', 'nothingWritten', error)
  if (error._tag !== 'VersionConflicts') return error
  const [conflict] = error.streams
  return conflict === undefined
    ? storeFailed('Unexpected', 'nothingWritten', error)
    : versionConflict(conflict.streamId, conflict.expected, conflict.actual)
}

/** An append with tags to one stream: it goes the way of those to several, which can lock and store them. */
export const taggedAppend =
  (run: RunTogether<AppendTogetherError>): RunTogether<AppendError> =>
  async (appends) =>
    E.mapLeft(alone)(await run(appends))
