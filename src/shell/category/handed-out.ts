import type { StreamStore } from '../../core/ports/event-store'
import type { StreamId } from '../../core/stream'
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

/** The same result, with the name of the source of its positions, if the store has several. */
export const namingSource = <State, Event>(
  { sourceNameOf }: Pick<StreamStore, 'sourceNameOf'>,
  streamId: StreamId | undefined,
  result: CommandResult<State, Event>,
): CommandResult<State, Event> => {
  const source = streamId === undefined ? undefined : sourceNameOf?.(streamId)
  return source === undefined ? result : { ...result, source }
}
