import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { PoolClient } from 'pg'
import type { StoreFailed } from '../../../core/errors/store'
import type { ImportBatch } from '../../../core/ports/transfer'
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
import { eventRows, ROW_COLUMNS } from './event-rows'
import { finishing, preparing } from './import-columns'

type PoolOrigin = Extract<Origin, { _tag: 'Pool' }>

const prepareImport = (schema: string): string =>
  named(
    'prepare_import',
    `select ${schema}.prepare_import($1::text, $2::bigint, $3::text[], $4::integer[], $5::text[], ${eventsOf(schema)}) as outcome`,
  )

const copyEvents = (schema: string): string => `copy ${schema}.events (${ROW_COLUMNS}) from stdin`

const finishImport = (schema: string): string =>
  named(
    'finish_import',
    `select ${schema}.finish_import(
  $1::text, $2::bigint, $3::bigint, $4::boolean, $5::integer,
  $6::text[], $7::integer[], $8::text[], $9::text[], $10::text[],
  $11::text[], $12::text[], $13::integer[], $14::integer[], $15::text[],
  $16::bigint[], $17::bigint[], $18::bigint[], $19::text[], $20::text[])`,
  )

/** What has become of a batch: see `import_batch`. */
type Outcome = 'stored' | 'changed' | 'overtaken'

interface OutcomeRow {
  readonly outcome: Exclude<Outcome, 'stored'> | 'ready'
}

/** Everything but the commit. */
const storeRows = async (
  client: PoolClient,
  schema: string,
  batch: ImportBatch,
): Promise<Outcome> => {
  await client.query(own('begin transaction isolation level read committed'))
  const prepared = await client.query<OutcomeRow>(prepareImport(schema), [...preparing(batch)])
  const outcome = prepared.rows[0]?.outcome ?? 'changed'
  if (outcome !== 'ready') return outcome
  await copyIn(client, copyEvents(schema), eventRows(batch.events))
  await client.query(finishImport(schema), [batch.from.archive, ...finishing(batch)])
  return 'stored'
}

/**
 * Stores a batch whose events go by COPY, in one transaction: `prepare_import`, the events, `finish_import`. Answers what
 * `import_batch` does.
 *
 * @param schema - its quoted name.
 */
export const copyBatch =
  ({ pool, enterTransaction }: Pick<PoolOrigin, 'pool' | 'enterTransaction'>, schema: string) =>
  (batch: ImportBatch): TaskEither<StoreFailed, Outcome> =>
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
