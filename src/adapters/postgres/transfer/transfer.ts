import type { Kysely } from 'kysely'
import type { HashChains } from '../../../core/ports/hash-chains'
import type { Transfer } from '../../../core/ports/transfer'
import type { Verifier } from '../../../core/ports/verifier'
import { directExecutor, originOf } from '../connection/origin'
import { DEFAULT_SCHEMA, quoteIdentifier } from '../schema/names'
import { exporting } from './export'
import { postgresHashChains } from './hash-chains'
import { importing } from './import'
import { postgresVerifier } from './verifier'

/** What {@link wholeStore} works on. Every key is optional. */
export interface PostgresTransferOptions {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  /** Called after a batch that was stored. Default: nothing. */
  readonly signal?: () => void
}

/** What concerns everything that a store holds. */
export interface WholeStore {
  /** Takes everything out of the store, and brings it into another one. */
  readonly transfer: Transfer
  /** Looks at everything in it, and answers what does not fit together. */
  readonly verifier: Verifier
  /** The hash chains of its streams. */
  readonly chains: HashChains
}

const postgresTransfer = <Database>(
  db: Kysely<Database>,
  { schema = DEFAULT_SCHEMA, signal = () => undefined }: PostgresTransferOptions,
): Transfer => {
  const direct = directExecutor(db)
  const quoted = quoteIdentifier(schema)
  return { ...exporting(db, direct, quoted), ...importing(originOf(db), direct, quoted, signal) }
}

/** Everything that concerns a store in PostgreSQL as a whole. It takes as long as it takes: `db` has no deadlines. */
export const wholeStore = <Database>(
  db: Kysely<Database>,
  options: PostgresTransferOptions,
): WholeStore => ({
  transfer: postgresTransfer(db, options),
  verifier: postgresVerifier(db, options.schema),
  chains: postgresHashChains(db, options.schema),
})
