import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import { value } from './value'

/** Where the bank stores its data, below the current directory. One run at a time may use it. */
export const FOLDER = join('.reprise', 'bank')

/** The bank's backend, and how to close its database. */
export interface Database {
  readonly backend: PostgresBackend<unknown>
  /** The migrations that were run just now. */
  readonly migrated: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

const openAt = async (folder: string): Promise<Database> => {
  const pglite = await PGlite.create(folder)
  const backend = postgres(pglite)
  const { applied } = value(await backend.migrate())
  const close = async (): Promise<void> => {
    await backend.close()
    await pglite.close()
  }
  return { backend, migrated: applied, close }
}

/**
 * Opens the database. A new one is created beside its final place and moved there when it is complete, so that
 * a run that is killed while creating it leaves nothing that could break the next one.
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
