import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { PoolClient } from 'pg'
import type { StoreFailed } from '../../../core/errors/store'
import { copyIn } from '../connection/copy'
import {
  isCommandTaken,
  isVersionTaken,
  toStoreFailed,
  type WriteOutcome,
} from '../connection/errors'
import type { Origin } from '../connection/origin'
import { named, own } from '../connection/query'
import { eventsOf } from '../schema/names'
import { eventRows, ROW_COLUMNS, TAG_COLUMNS, tagRows } from './event-rows'
import { type AnyBatch, finishing, preparing } from './import-columns'

type PoolOrigin = Extract<Origin, { _tag: 'Pool' }>

const prepareImport = (schema: string): string =>
  named(
    'prepare_import',
    `select outcome, array_to_string(positions, ',') as positions
from ${schema}.prepare_import($1::text, $2::bigint, $3::text[], $4::integer[], $5::text[], $6::integer, $7::boolean,
  ${eventsOf(schema)})`,
  )

const copyEvents = (schema: string): string => `copy ${schema}.events (${ROW_COLUMNS}) from stdin`

const copyTags = (schema: string): string => `copy ${schema}.event_tags (${TAG_COLUMNS}) from stdin`

const finishImport = (schema: string): string =>
  named(
    'finish_import',
    `select ${schema}.finish_import(
  $1::text, $2::integer, $3::bigint, $4::bigint, $5::boolean, $6::bigint, $7::text[],
  $8::text[], $9::text[], $10::integer[], $11::integer[], $12::text[],
  $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[]) as outcome`,
  )

/** What has become of a batch: see `import_batch`. */
type Outcome = 'stored' | 'changed' | 'overtaken'

interface PreparedRow {
  readonly outcome: Exclude<Outcome, 'stored'> | 'ready'
  /** With commas. */
  readonly positions: string | null
}

interface FinishedRow {
  readonly outcome: Exclude<Outcome, 'overtaken'>
}

/** Everything but the commit. */
const storeRows = async (client: PoolClient, schema: string, batch: AnyBatch): Promise<Outcome> => {
  const { events } = batch
  await client.query(own('begin transaction isolation level read committed'))
  const prepared = await client.query<PreparedRow>(prepareImport(schema), [...preparing(batch)])
  const { outcome = 'changed', positions } = prepared.rows[0] ?? {}
  if (outcome !== 'ready') return outcome
  const drawn = positions?.split(',') ?? []
  await copyIn(client, copyEvents(schema), eventRows(events, drawn))
  const tags = tagRows(events, drawn)
  if (tags !== '') await copyIn(client, copyTags(schema), [Buffer.from(tags)])
  const finished = await client.query<FinishedRow>(finishImport(schema), [
    batch.from.archive,
    events.length,
    ...finishing(batch),
  ])
  return finished.rows[0]?.outcome ?? 'changed'
}

/**
 * Stores a batch whose events go by COPY, in one transaction: `prepare_import`, the events, `finish_import`. Answers what
 * `import_batch` does.
 *
 * @param schema - its quoted name.
 */
export const copyBatch =
  ({ pool, enterTransaction }: Pick<PoolOrigin, 'pool' | 'enterTransaction'>, schema: string) =>
  (batch: AnyBatch): TaskEither<StoreFailed, Outcome> =>
  async () => {
    let doubt: WriteOutcome = 'uncommitted'
    let broken = false
    try {
      const leave = await enterTransaction()
      try {
        const client = await pool.connect()
        try {
          const outcome = await storeRows(client, schema, batch)
          if (outcome === 'stored') doubt = 'mayHaveCommitted'
          await client.query(own(outcome === 'stored' ? 'commit' : 'rollback'))
          return E.right(outcome)
        } catch (error) {
          broken = true
          return isVersionTaken(error) || isCommandTaken(error)
            ? E.right('changed')
            : E.left(toStoreFailed(doubt)(error))
        } finally {
          client.release(broken)
        }
      } finally {
        leave()
      }
    } catch (error) {
      return E.left(toStoreFailed(doubt)(error))
    }
  }
