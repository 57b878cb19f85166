import type { EventStore, StreamStore } from '../../core/ports/event-store'
import type { StreamId } from '../../core/stream'
import { registerSuites, type TestWords } from '../suites'
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
import { followingWriters, readingWhileWriting } from './reading-while-writing'
import { searches } from './searches'
import { snapshots } from './snapshots'
import { storeReads } from './store-reads'
import { tagReads, tags } from './tags'
import { sourceNames } from './source-names'
import { sourceData, storedData } from './stored-data'
import { streamLists } from './stream-lists'
import { streamReads } from './stream-reads'
import type { SourceSuite, Suite } from './suite'

/** A store that is open for one test. It may hold any other data. */
export interface StoreUnderContract extends StreamStoreUnderContract {
  readonly store: EventStore
  readonly second?: EventStore
}

/** A store, as commands know it, that is open for one test. It may hold any other data. */
export interface StreamStoreUnderContract {
  readonly store: StreamStore
  /** The same data over separate connections, as another process would see it. */
  readonly second?: StreamStore
  readonly close: () => Promise<void>
}

/** A source that is open for one test. It may hold any other data. */
export interface SourceUnderContract extends StoreUnderContract {
  /** Appends to any stream of the backend, and reads on (`readAll`) in the source under test. */
  readonly store: EventStore
  /** Whether the events of a stream are in this source. Default: all are. */
  readonly holds?: (streamId: StreamId) => boolean
  /** Its name, if it is one of several: what `sourceNameOf` says of streams whose events are in it, and of no others. */
  readonly source?: string
}

/** What {@link streamStoreContract} needs: a store, and the functions of a test runner. */
export interface StreamStoreContract extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. The store must have the default limits. */
  readonly open: () => Promise<StreamStoreUnderContract>
}

/** What {@link storeContract} needs: a store, and the functions of a test runner. */
export interface StoreContract extends StreamStoreContract {
  readonly open: () => Promise<StoreUnderContract>
}

/** What {@link eventSourceContract} needs: a source, and the functions of a test runner. */
export interface EventSourceContract extends StreamStoreContract {
  readonly open: () => Promise<SourceUnderContract>
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

const sourceSuites: ReadonlyArray<SourceSuite> = [
  storeReads,
  searches,
  tagReads,
  sourceData,
  followingWriters,
  sourceNames,
]

/**
 * What commands need of a store: registers every test that a `StreamStore` must pass. There are no opt-outs. Each test
 * uses streams of its own, so the store may be shared and may hold other data.
 *
 * @example
 * const close = () => Promise.resolve()
 * const open = async () => ({ store: backend.store, close })
 * streamStoreContract({ name: 'mine', open, describe, it })
 */
export const streamStoreContract = ({ name, open, describe, it }: StreamStoreContract): void => {
  const opened = async () => {
    const { store, second = store, close } = await open()
    return { store, second, close }
  }
  registerSuites(`${name}: the stream store contract`, suites, opened, { describe, it })
}

/**
 * What followers need of a source: registers every test that an `EventSource` must pass, once for each source of a
 * backend. There are no opt-outs. Each test uses streams of its own, which are in the source if it `holds` them.
 *
 * @example
 * eventSourceContract({ name: 'memory', open: async () => memory(), describe, it })
 */
export const eventSourceContract = ({ name, open, describe, it }: EventSourceContract): void => {
  const opened = async () => {
    const { store, second = store, holds = () => true, source, close } = await open()
    return { store, second, holds, source, close }
  }
  registerSuites(`${name}: the event source contract`, sourceSuites, opened, { describe, it })
}

/**
 * The store contract, of a store that is its own and only source: {@link streamStoreContract} and
 * {@link eventSourceContract}.
 *
 * @example
 * storeContract({ name: 'memory', open: async () => memory(), describe, it })
 */
export const storeContract = (contract: StoreContract): void => {
  streamStoreContract(contract)
  eventSourceContract(contract)
}
