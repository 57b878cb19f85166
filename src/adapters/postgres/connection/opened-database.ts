import type * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import type { OperatorThresholds } from '../../../core/operator/finding'
import type { Operator } from '../../../core/ports/operator'
import type { Projections } from '../../../core/ports/projection-store'
import type { SubscriptionStore } from '../../../core/ports/subscription-store'
import type { WakeUps } from '../../../core/ports/wake-ups'
import { postgresProjections } from '../documents/documents-store'
import { postgresOperator } from '../operator/operator'
import { postgresStore, type PostgresStore } from '../postgres-store'
import {
  migrate,
  type MigrationChanged,
  type Migrated,
  type MigrationPlan,
  planMigration,
} from '../schema/migrate'
import { postgresSubscriptions } from '../subscriptions/subscription-store'
import type { PreparedStatementsProbe } from './prepared-statements-probe'

/** How a database is opened by its address. */
export interface OpenSettings {
  /** The schema that holds the tables. */
  readonly schema: string
  /** This machine's clock. Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
  readonly thresholds?: Partial<OperatorThresholds>
}

/** A transaction of a database that was opened by its address. */
export type OpenedTransaction = Transaction<unknown>

/** A database that was opened by its address, with everything that can be done with it. */
export interface OpenedDatabase {
  readonly store: PostgresStore<unknown>
  readonly subscriptions: SubscriptionStore<OpenedTransaction>
  readonly projections: Projections<OpenedTransaction>
  readonly operator: Operator
  /** Hints of new events, where a connection can be kept for them. */
  readonly wakeUps?: WakeUps
  readonly migrate: TE.TaskEither<MigrationChanged | StoreFailed, Migrated>
  readonly plan: TE.TaskEither<MigrationChanged | StoreFailed, MigrationPlan>
  readonly preparedStatements: TE.TaskEither<StoreFailed, PreparedStatementsProbe>
  readonly close: () => Promise<void>
}

/** It could not be opened: the address is not valid, or the folder cannot be used. */
export interface NotOpened {
  readonly _tag: 'NotOpened'
  readonly message: string
}
export const notOpened = (message: string): NotOpened => ({ _tag: 'NotOpened', message })

/** What is the same for every kind of database. */
export const openedDatabase = (
  db: Kysely<unknown>,
  { schema, now, thresholds = {} }: OpenSettings,
  parts: Pick<OpenedDatabase, 'preparedStatements' | 'wakeUps'>,
): OpenedDatabase => ({
  ...parts,
  store: postgresStore(db, { schema }),
  subscriptions: postgresSubscriptions(db, { schema }),
  projections: postgresProjections(db, { schema }),
  operator: postgresOperator(db, {
    schema,
    now,
    thresholds,
    preparedStatements: parts.preparedStatements,
  }),
  migrate: migrate(db, schema),
  plan: planMigration(db, schema),
  close: () => db.destroy(),
})
