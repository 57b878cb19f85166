import type { Backend } from 'reprise'
import type { Administration, BoundaryStore, StreamStore } from 'reprise/adapter'
import { type Followed, type Office, openOffice } from './office'
import { value } from './value'

/** Where the bank stores its data, and what runs on it. The bank is the same on each. */
export interface Database {
  /** For people: `embedded PostgreSQL in .reprise/bank`. */
  readonly place: string
  readonly backend: { readonly store: StreamStore }
  /** For rules across streams. `undefined`: such a store has none. */
  readonly boundaries: { readonly store: StreamStore & BoundaryStore } | undefined
  readonly openOffice: () => Promise<Office>
  /** The migrations that were run just now. */
  readonly migrated: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** What is known of a database besides its backend. */
interface Given {
  readonly place: string
  readonly boundaries?: Database['boundaries']
  /** Closes the connections that the backend was given. */
  readonly end: () => Promise<void>
}

/** A backend that is its own source, as one that has several. */
export const onlySource = <Transaction>(
  backend: Backend<Transaction>,
): Followed<Transaction> & Administration => ({
  ...backend,
  sources: [backend],
  sourceOf: () => Promise.resolve(backend),
})

/** Migrates a backend, and opens the bank on it. */
export const bankOn = async <Transaction>(
  backend: Followed<Transaction> & Administration,
  { place, boundaries, end }: Given,
): Promise<Database> => {
  const { applied } = value(await backend.migrate())
  return {
    place,
    backend,
    boundaries,
    openOffice: () => openOffice(backend),
    migrated: applied,
    close: async () => {
      await backend.close()
      await end()
    },
  }
}
