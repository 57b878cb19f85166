import type { Kysely } from 'kysely'
import type { Transfer } from '../../../core/ports/transfer'
import { directExecutor } from '../connection/origin'
import { DEFAULT_SCHEMA, quoteIdentifier } from '../schema/names'
import { exporting } from './export'
import { importing } from './import'

/** What {@link postgresTransfer} works on. Every key is optional. */
export interface PostgresTransferOptions {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  /** Called after a batch that was stored. Default: nothing. */
  readonly signal?: () => void
}

/**
 * Takes everything out of a store in PostgreSQL, and brings it into another one.
 *
 * @example
 * const transfer = postgresTransfer(db)
 * const start = await transfer.exportStart()()
 */
export const postgresTransfer = <Database>(
  db: Kysely<Database>,
  { schema = DEFAULT_SCHEMA, signal = () => undefined }: PostgresTransferOptions = {},
): Transfer => {
  const direct = directExecutor(db)
  const quoted = quoteIdentifier(schema)
  return { ...exporting(db, direct, quoted), ...importing(direct, quoted, signal) }
}
