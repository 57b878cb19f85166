import type { EventStore } from '../../core/ports/event-store'
import type { SuiteOf, Opened } from '../suites'

/** The same data over separate connections; the same object twice if the adapter has only one. */
export interface Stores extends Opened {
  readonly store: EventStore
  readonly second: EventStore
}

/** Tests of one subject. */
export type Suite = SuiteOf<Stores>

/** One test per case, named after the case. */
export const forEach = <Case>(
  cases: ReadonlyArray<Case>,
  name: (one: Case) => string,
  run: (one: Case) => (stores: Stores) => Promise<void>,
): Suite['tests'] => Object.fromEntries(cases.map((one) => [name(one), run(one)]))
