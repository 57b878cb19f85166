import type { Versioned } from '../state/replay'
import { unshared } from '../state/unshared'
import type { CommandResult } from './command'

/** The same result, for a caller who shares nothing with the one who has it already. */
export const separateResult = <State, Event>({
  events,
  state,
  version,
}: CommandResult<State, Event>): CommandResult<State, Event> => ({
  events: events.map(({ event, metadata, ...recorded }) => ({
    ...recorded,
    event: unshared(event),
    metadata: unshared(metadata),
  })),
  state: unshared(state),
  version,
})

/** A state of the cache, for a caller. */
export const handedOut = <State>({ state, version }: Versioned<State>): Versioned<State> => ({
  state: unshared(state),
  version,
})
