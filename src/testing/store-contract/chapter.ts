import type { EventStore } from '../../core/ports/event-store'

/** Two ways to the same data; the same one twice, if the adapter has no second. */
export interface Stores {
  readonly store: EventStore
  readonly second: EventStore
}

/** Tests of one subject. Their names are sentences about the store. */
export interface Chapter {
  readonly name: string
  readonly tests: Readonly<Record<string, (stores: Stores) => Promise<void>>>
}

/** One test for each case, named by the case. */
export const forEach = <Case>(
  cases: ReadonlyArray<Case>,
  name: (one: Case) => string,
  run: (one: Case) => (stores: Stores) => Promise<void>,
): Chapter['tests'] => Object.fromEntries(cases.map((one) => [name(one), run(one)]))
