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
import {
  named,
  type Executor,
  fetchRows,
  outcomeIn,
  type TransactionScope,
} from '../connection/query'
import { handledCommand } from '../read/stored-events'
import { itemColumns } from '../read/read-matching'
import { eventsOf, quoteIdentifier } from '../schema/names'
import {
  appendedOf,
  byStream,
  EMPTY_METADATA,
  type EncodedAppend,
  type EncodedEvent,
  endedIn,
  noAnswer,
  type OutcomeRow,
  type RunAppends,
} from './append'
import { arrayText, type Columns, markColumns, plainColumns, streamColumns } from './append-columns'
import { locksOf, type NamedLock } from './named-locks'
import { settingsIn, type StatementSettings } from './statement-settings'

/** Appends to several streams: all of them, or none. An answer for each of them, in their order. Never rejects. */
export type RunTogether<Failure> = (
  appends: ReadonlyArray<EncodedAppend>,
  condition?: AppendCondition,
) => Promise<E.Either<Failure, ReadonlyArray<Appended>>>

/** What is appended as one: to all of its streams, or to none. */
export interface Unit {
  readonly appends: ReadonlyArray<EncodedAppend>
  readonly condition: AppendCondition | undefined
  /** Its tags, and the streams that it must hold still. */
  readonly locks: ReadonlyArray<NamedLock>
}

export type UnitAnswer = E.Either<AppendTogetherError, ReadonlyArray<Appended>>

/** An answer to each of some units, in their order. Never rejects. */
export type RunUnits = (units: ReadonlyArray<Unit>) => Promise<ReadonlyArray<UnitAnswer>>

/** SQL: what comes before append_together. A command without events reaches no trigger: so the map is checked here. */
const settingBefore = (name: string, settings: StatementSettings): string => {
  const setting = settingsIn(settings) ?? "''"
  return settings.stamp === undefined
    ? setting
    : `${setting} || ${name}.check_stamp(${settings.stamp})::text`
}

/**
 * The statement for a schema of any name: see append_together in migrations/0001_reprise.sql.
 */
export const togetherStatement = (schema: string, settings: StatementSettings = {}): string =>
  named(
    'append_together',
    `
select stream_id, outcome, version, "position", recorded_at, command_id, event_count, fingerprint
from (select ${settingBefore(quoteIdentifier(schema), settings)} as setting offset 0) s,
  ${quoteIdentifier(schema)}.append_together(
  $1::text[], $2::integer[], $3::integer[],
  $4::integer[], $5::integer[],
  $6::text[]::uuid[], $7::text[], $8::smallint[], $9::text[]::jsonb[], $10::text[]::jsonb[],
  $11::integer[], $12::text[], $13::integer[], $14::integer[], $15::text[],
  $16::text[], $17::boolean[], $18::integer[], $19::text[],
  $20::integer[], $21::bigint[], $22::bigint[], $23::integer[],
  $24::integer[], $25::bigint[], $26::text[], $27::text[], $28::text[],
  case when s.setting is not null then ${eventsOf(quoteIdentifier(schema))} end)`,
  )

/** Appends, in the order of their streams, and what they lock. */
export const unitOf = (
  appends: ReadonlyArray<EncodedAppend>,
  condition: AppendCondition | undefined,
): Unit => ({
  appends,
  condition,
  locks: locksOf(appends, condition),
})

/** What units lock by their names: the names, and which of them alone. */
export const lockColumns = (units: ReadonlyArray<Pick<Unit, 'locks'>>): Columns => {
  const locks = units.flatMap((unit) => unit.locks)
  return [
    locks.map(({ name }) => name),
    `{${locks.map(({ alone }) => (alone ? 't' : 'f')).join(',')}}`,
  ]
}

/** An append with the number of its unit, from 1. */
interface Placed {
  readonly append: EncodedAppend
  readonly unit: number
}

const inOrder = (units: ReadonlyArray<Unit>): ReadonlyArray<Placed> =>
  units
    .flatMap(({ appends }, index) => appends.map((append) => ({ append, unit: index + 1 })))
    .sort(({ append: left }, { append: right }) => (left.streamId < right.streamId ? -1 : 1))

/** The events with their streams' places, and their tags with the events' own. */
const placedEvents = (appends: ReadonlyArray<EncodedAppend>) => {
  const [streams, places, turns, tags]: [number[], number[], number[], string[]] = [[], [], [], []]
  for (const [stream, { events }] of appends.entries()) {
    for (const [place, event] of events.entries()) {
      streams.push(stream + 1)
      places.push(place + 1)
      for (const tag of event.tags ?? []) {
        turns.push(streams.length)
        tags.push(tag)
      }
    }
  }
  return { streams, places, turns, tags }
}

const markedCommands = (appends: ReadonlyArray<EncodedAppend>): Columns => {
  const streams = appends.flatMap(({ commands }, stream) => commands.map(() => stream + 1))
  return [streams, ...markColumns(appends)]
}

const conditionColumns = (units: ReadonlyArray<Unit>): Columns => {
  const conditions = units.flatMap(({ condition }, index) =>
    condition === undefined ? [] : [{ ...condition, unit: index + 1 }],
  )
  const items = conditions.flatMap(({ query, sight, unit }) =>
    query.map(() => ({ unit, after: sight.after })),
  )
  return [
    conditions.map(({ unit }) => unit),
    conditions.map(({ sight }) => sight.after),
    conditions.map(({ sight }) => sight.count),
    conditions.map(({ sight }) => sight.rebuilds ?? 0),
    items.map(({ unit }) => unit),
    items.map(({ after }) => after),
    ...itemColumns(conditions.flatMap(({ query }) => query)),
  ]
}

// JSON holds no control characters, so encoding it once more as JSON is the quoting that an array needs.
const jsonElement = (json: string): string =>
  json === EMPTY_METADATA ? '"{}"' : JSON.stringify(json)

/** The columns of some events, with arrays of texts for data and metadata. */
const textColumns = (events: ReadonlyArray<EncodedEvent>): Columns => {
  const [data, metadata] = [arrayText(), arrayText()]
  for (const event of events) {
    data.add(jsonElement(event.data))
    metadata.add(jsonElement(event.metadata))
  }
  return [...plainColumns(events), data.end(), metadata.end()]
}

const parametersOf = (units: ReadonlyArray<Unit>): ReadonlyArray<unknown> => {
  const placed = inOrder(units)
  const appends = placed.map(({ append }) => append)
  const { streams, places, turns, tags } = placedEvents(appends)
  return [
    ...streamColumns(appends),
    placed.map(({ unit }) => unit),
    streams,
    places,
    ...textColumns(appends.flatMap(({ events }) => events)),
    ...markedCommands(appends),
    ...lockColumns(units),
    turns,
    tags,
    ...conditionColumns(units),
  ]
}

const NO_ANSWER: UnitAnswer = noAnswer

const conflictsOf = (
  appends: ReadonlyArray<EncodedAppend>,
  rows: ReadonlyMap<string, ReadonlyArray<OutcomeRow>>,
): ReadonlyArray<StreamConflict> =>
  appends.flatMap(({ streamId, expectedVersion }) =>
    (rows.get(streamId) ?? []).flatMap(({ outcome, version }) =>
      outcome === 1 ? [{ streamId, expected: expectedVersion, actual: version }] : [],
    ),
  )

const answerTo = (
  { appends, condition }: Unit,
  rows: ReadonlyMap<string, ReadonlyArray<OutcomeRow>>,
  unmet: OutcomeRow | undefined,
): UnitAnswer => {
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
  if (conflicts.length > 0) return E.left(endedIn(conflicts, rows) ?? versionConflicts(conflicts))
  return appended.length === appends.length ? E.right(appended) : NO_ANSWER
}

/** Where the rows stand that answer a condition: no stream has this name. */
const OF_NO_STREAM = ''

/** Appends some units in one statement, which answers everything: nothing is ever sent again. */
export const unitsAppend =
  (db: Executor, statement: string, scope: TransactionScope): RunUnits =>
  async (units) => {
    try {
      const rows = byStream(await fetchRows<OutcomeRow>(db, statement, parametersOf(units)))
      const unmet = rows.get(OF_NO_STREAM) ?? []
      return units.map((unit, index) =>
        answerTo(
          unit,
          rows,
          unmet.find(({ version }) => version === index + 1),
        ),
      )
    } catch (error) {
      const failed: UnitAnswer = E.left(toStoreFailed(outcomeIn(scope))(error))
      return units.map(() => failed)
    }
  }

/** One unit on its own. */
export const oneUnit =
  (run: RunUnits) =>
  async (unit: Unit): Promise<UnitAnswer> => {
    const [answer = NO_ANSWER] = await run([unit])
    return answer
  }

/** An append to several streams as a unit. */
export const togetherAppend =
  (run: (unit: Unit) => Promise<UnitAnswer>): RunTogether<AppendTogetherError> =>
  (appends, condition) =>
    run(unitOf(appends, condition))

/** The failure of an append to a single stream, which has no condition. */
const alone = (error: AppendTogetherError): AppendError => {
  if (error._tag === 'BoundaryConflict') return storeFailed('Unexpected', 'nothingWritten', error)
  if (error._tag !== 'VersionConflicts') return error
  const [conflict] = error.streams
  return conflict === undefined
    ? storeFailed('Unexpected', 'nothingWritten', error)
    : versionConflict(conflict.streamId, conflict.expected, conflict.actual)
}

/** Appends without tags to one stream each, each of them a unit. */
export const eachAlone =
  (run: RunUnits): RunAppends =>
  async (appends) => {
    const answers = await run(
      appends.map((append) => ({ appends: [append], condition: undefined, locks: [] })),
    )
    return answers.map((answer) => {
      if (E.isLeft(answer)) return E.left(alone(answer.left))
      const [appended] = answer.right
      return appended === undefined ? noAnswer : E.right(appended)
    })
  }

/** An append with tags to one stream: it goes the way of those to several, which can lock and store them. */
export const taggedAppend =
  (run: RunTogether<AppendTogetherError>): RunTogether<AppendError> =>
  async (appends) =>
    E.mapLeft(alone)(await run(appends))
