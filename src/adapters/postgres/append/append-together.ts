import * as E from 'fp-ts/Either'
import type { Appended } from '../../../core/append'
import {
  commandAlreadyHandled,
  type StreamConflict,
  versionConflicts,
} from '../../../core/errors/conflict'
import { storeFailed } from '../../../core/errors/store'
import type { AppendTogetherError } from '../../../core/errors/unions'
import { toStoreFailed } from '../connection/errors'
import { named } from '../connection/own-statements'
import { type Executor, fetchRows, outcomeIn, type TransactionScope } from '../connection/query'
import { handledCommand } from '../read/load-statements'
import { eventsOf, quoteIdentifier } from '../schema/names'
import { appendedOf, byStream } from './append-answer'
import type { EncodedAppend } from './encoded-append'
import { type FallbackRow, textColumns } from './fallback-append'
import { type Columns, eventColumns, markColumns, streamColumns } from './statement-parts'

/** Appends to several streams: all of them, or none. An answer for each of them, in their order. Never rejects. */
export type RunTogether<Failure> = (
  appends: ReadonlyArray<EncodedAppend>,
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
  $15::text[], $16::boolean[], ${eventsOf(schema)})`,
  )

/**
 * What an append locks by name. A stream that is written needs no lock, for its next version can be taken only once.
 * One that is only looked at does: of two appends that each look at a stream that the other one writes, one must wait,
 * and then sees what the other has stored.
 */
const lockColumns = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const isWritten = ({ events }: EncodedAppend): boolean => events.length > 0
  const locked = appends.every(isWritten) ? [] : appends
  return [
    locked.map(({ streamId }) => `stream ${streamId}`),
    `{${locked.map((append) => (isWritten(append) ? 't' : 'f')).join(',')}}`,
  ]
}

const inOrder = (appends: ReadonlyArray<EncodedAppend>): ReadonlyArray<EncodedAppend> =>
  [...appends].sort((left, right) => (left.streamId < right.streamId ? -1 : 1))

const parametersOf = (appends: ReadonlyArray<EncodedAppend>): Columns => [
  ...streamColumns(appends),
  ...eventColumns(appends, 0, textColumns),
  ...markColumns(appends),
  ...lockColumns(appends),
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
  rows: ReadonlyMap<string, ReadonlyArray<FallbackRow>>,
): E.Either<AppendTogetherError, ReadonlyArray<Appended>> => {
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
  async (appends) => {
    try {
      const parameters = parametersOf(inOrder(appends))
      const rows = await fetchRows<FallbackRow>(db, statement, parameters)
      return answerTo(appends, byStream(rows))
    } catch (error) {
      return E.left(toStoreFailed(outcomeIn(scope))(error))
    }
  }
