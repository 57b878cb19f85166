import type { EventStore, StreamStore } from '../../core/ports/event-store'
import type { StreamId } from '../../core/stream'
import type { SuiteOf, Opened } from '../suites'
import { freshCategory, freshStream } from './fixtures'

/** The same data over separate connections; the same object twice if the adapter has only one. */
export interface Stores extends Opened {
  readonly store: StreamStore
  readonly second: StreamStore
}

/** The same of one source. Its store appends to any stream, and reads on in the source under test. */
export interface SourceStores extends Opened {
  readonly store: EventStore
  readonly second: EventStore
  /** Whether the events of a stream are in the source under test. */
  readonly holds: (streamId: StreamId) => boolean
  /** Its name. `undefined`: it is the only one. */
  readonly source: string | undefined
}

/** Tests of one subject. */
export type Suite = SuiteOf<Stores>

/** Tests of one subject, for a source. */
export type SourceSuite = SuiteOf<SourceStores>

const forEachOf =
  <Subject>() =>
  <Case>(
    cases: ReadonlyArray<Case>,
    name: (one: Case) => string,
    run: (one: Case) => (stores: Subject) => Promise<void>,
  ): SuiteOf<Subject>['tests'] =>
    Object.fromEntries(cases.map((one) => [name(one), run(one)]))

/** One test per case, named after the case. */
export const forEach = forEachOf<Stores>()

/** The same for a source. */
export const forEachOfSource = forEachOf<SourceStores>()

/** The id of an unused stream whose events are in the source under test. */
export const streamIn = (
  { holds }: Pick<SourceStores, 'holds'>,
  category: string = freshCategory(),
): StreamId => {
  for (;;) {
    const streamId = freshStream(category)
    if (holds(streamId)) return streamId
  }
}
