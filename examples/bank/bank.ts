import type { StreamStore } from 'reprise/adapter'
import type { Database } from './database'
import type { Office } from './office'
import type { Screen } from './screen'
import { value } from './value'

/** What a scene runs with. */
export interface Bank extends Pick<Database, 'backend' | 'boundaries'> {
  readonly office: Office
  readonly screen: Screen
  /** Account ids are new in every run: `ada-3` is Ada's in run 3. */
  readonly accountOf: (owner: string) => string
}

/** A part of the story. */
export type Scene = (bank: Bank) => Promise<void>

/** What earlier runs have left in the store. */
export interface Found {
  readonly events: number
  readonly accounts: number
  /** The highest number at the end of an account's id. 0: there was no run. */
  readonly lastRun: number
}

const PAGE = 500

/** Counts all accounts and events, one page at a time. A stream's version is the number of its events. */
export const survey = async (store: StreamStore): Promise<Found> => {
  let found: Found = { events: 0, accounts: 0, lastRun: 0 }
  let after = ''
  for (;;) {
    const range = { after, limit: PAGE, category: 'account' }
    const page = value(await store.streams(range)())
    for (const { streamId, version } of page) {
      const run = Number(/-(\d+)$/.exec(streamId)?.[1] ?? 0)
      found = {
        events: found.events + version,
        accounts: found.accounts + 1,
        lastRun: Math.max(found.lastRun, run),
      }
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return found
    after = last.streamId
  }
}
