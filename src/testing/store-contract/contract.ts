import type { EventStore } from '../../core/ports/event-store'
import { appendHooks } from './append-hooks'
import { appends } from './appends'
import { badInput } from './bad-input'
import { badEvents } from './bad-events'
import { commandIds } from './command-ids'
import { commandMarks } from './command-marks'
import { expectedVersions } from './expected-versions'
import { isolation } from './isolation'
import { knownDefects } from './known-defects'
import { loads } from './loads'
import { races } from './races'
import { readingWhileWriting } from './reading-while-writing'
import { searches } from './searches'
import { snapshots } from './snapshots'
import { storeReads } from './store-reads'
import { tags } from './tags'
import { storedData } from './stored-data'
import { streamLists } from './stream-lists'
import { streamReads } from './stream-reads'
import { registerSuites, type TestWords } from '../suites'
import type { Suite, Stores } from './suite'

/** A store that is open for one test. It may hold any other data. */
export interface StoreUnderContract {
  readonly store: EventStore
  /** The same data over separate connections, as another process would see it. */
  readonly second?: EventStore
  readonly close: () => Promise<void>
}

/** What {@link storeContract} needs: a store, and the functions of a test runner. */
export interface StoreContract extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. The store must have the default limits. */
  readonly open: () => Promise<StoreUnderContract>
}

const suites: ReadonlyArray<Suite> = [
  expectedVersions,
  races,
  appends,
  commandMarks,
  commandIds,
  loads,
  snapshots,
  streamReads,
  storeReads,
  searches,
  tags,
  streamLists,
  storedData,
  isolation,
  badInput,
  badEvents,
  readingWhileWriting,
  appendHooks,
  knownDefects,
]

/**
 * The store contract: registers every test that a store adapter must pass. There are no opt-outs. Each
 * test uses streams of its own, so the store may be shared and may hold other data.
 *
 * @example
 * storeContract({ name: 'memory', open: async () => memory(), describe, it })
 */
export const storeContract = ({ name, open, describe, it }: StoreContract): void => {
  const stores = async (): Promise<Stores> => {
    const { store, second, close } = await open()
    return { store, second: second ?? store, close }
  }
  registerSuites(`${name}: the store contract`, suites, stores, { describe, it })
}
