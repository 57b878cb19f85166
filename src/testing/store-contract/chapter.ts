import type { EventStore } from '../../core/ports/event-store'
import type { ChapterOn, Opened } from '../chapters'

/** Two ways to the same data; the same one twice, if the adapter has no second. */
export interface Stores extends Opened {
  readonly store: EventStore
  readonly second: EventStore
}

/** Tests of one subject. */
export type Chapter = ChapterOn<Stores>

/** One test for each case, named by the case. */
export const forEach = <Case>(
  cases: ReadonlyArray<Case>,
  name: (one: Case) => string,
  run: (one: Case) => (stores: Stores) => Promise<void>,
): Chapter['tests'] => Object.fromEntries(cases.map((one) => [name(one), run(one)]))
