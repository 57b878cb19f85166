import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Transaction } from 'kysely'
import {
  connectPglite,
  migrate,
  postgresOperator,
  postgresProjections,
  postgresRequests,
  postgresStore,
  postgresSubscriptions,
} from 'reprise/postgres'
import type { Premises } from './office'
import { value } from './value'

/** Where the bank keeps its data, below the current directory. One run at a time may use it. */
export const FOLDER = join('.reprise', 'bank')

/** The bank has no tables of its own beside those of Reprise. */
type NoTables = Record<string, object>

/** Everything that the bank keeps, and how to close its database. */
export interface Database {
  readonly premises: Premises<Transaction<NoTables>>
  /** The migrations that were run just now. */
  readonly migrated: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

const openAt = async (folder: string): Promise<Database> => {
  const db = connectPglite<NoTables>(await PGlite.create(folder))
  const { applied } = value(await migrate(db)())
  const premises = {
    store: postgresStore(db),
    subscriptions: postgresSubscriptions(db),
    projections: postgresProjections(db),
    requests: postgresRequests(db),
    operator: postgresOperator(db),
  }
  return { premises, migrated: applied, close: () => db.destroy() }
}

/**
 * Opens the database. A new one is made beside its place and moved there when it is whole, so that a
 * run that was killed while making it leaves nothing that the next one could stumble over.
 */
export const openDatabase = async (): Promise<Database> => {
  if (existsSync(FOLDER)) return openAt(FOLDER)
  const unfinished = `${FOLDER}.new`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const made = await openAt(unfinished)
  await made.close()
  renameSync(unfinished, FOLDER)
  return { ...(await openAt(FOLDER)), migrated: made.migrated }
}
