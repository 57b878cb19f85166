import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'
import { registerSuites, type TestWords } from '../suites'
import type { BoundaryStores, BoundarySuite } from './boundary-suite'
import { conditionRaces } from './condition-races'
import { conditions } from './conditions'
import { lockedAppends } from './locked-appends'
import { matchingReads } from './matching'
import { togetherAppends, togetherChecks } from './together'
import { togetherBadInput } from './together-bad-input'
import { togetherCommands } from './together-commands'
import { togetherGroups } from './together-groups'
import { togetherRaces } from './together-races'

/** A store that is open for one test. It may hold any other data. */
export interface BoundaryStoreUnderContract {
  readonly store: StreamStore & BoundaryStore
  /** The same data over separate connections, as another process would see it. */
  readonly second?: StreamStore & BoundaryStore
  readonly close: () => Promise<void>
}

/** What {@link boundaryStoreContract} needs: a store, and the functions of a test runner. */
export interface BoundaryStoreContract extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. The store must have the default limits. */
  readonly open: () => Promise<BoundaryStoreUnderContract>
}

const suites: ReadonlyArray<BoundarySuite> = [
  togetherAppends,
  togetherChecks,
  togetherCommands,
  togetherRaces,
  togetherBadInput,
  matchingReads,
  conditions,
  conditionRaces,
  lockedAppends,
  togetherGroups,
]

/**
 * The boundary contract: registers every test that a store must pass that appends to several streams as one, and on
 * conditions. Such a store passes the store contract as well. There are no opt-outs. Each test uses streams of its own.
 *
 * @example
 * boundaryStoreContract({ name: 'memory', open: async () => memory(), describe, it })
 */
export const boundaryStoreContract = ({
  name,
  open,
  describe,
  it,
}: BoundaryStoreContract): void => {
  const stores = async (): Promise<BoundaryStores> => {
    const { store, second, close } = await open()
    return { store, second: second ?? store, close }
  }
  registerSuites(`${name}: the boundary contract`, suites, stores, { describe, it })
}
