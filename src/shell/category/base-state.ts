import * as E from 'fp-ts/Either'
import type { LoadError } from '../../core/errors/unions'
import { versionFits } from '../../core/expected-version'
import type { StreamId } from '../../core/stream'
import { type LoadedState, loadState } from '../state/load-state'
import type { Current } from '../state/replay'
import type { Handling, Waiting } from './pending-command'

/** The state in memory, if it will do. */
export const baseInMemory = <Command, State, Event, Rejection>(
  { states }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  { afresh, options: { expectedVersion = 'any' } }: Waiting<Command, State, Event, Rejection>,
): Current<State> | undefined => {
  const known = states.get(streamId)
  return known === undefined ||
    known.outdated ||
    afresh ||
    !versionFits(expectedVersion, known.current.version)
    ? undefined
    : known.current
}

/** What the store says now; the command id of the batch's first command is looked up with it. */
export const baseFromStore = async <Command, State, Event, Rejection>(
  { category, surroundings, states }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  { options: { commandId } }: Waiting<Command, State, Event, Rejection>,
): Promise<E.Either<LoadError, LoadedState<State>>> => {
  const known = states.get(streamId)
  const loaded = await loadState(category, surroundings, streamId, {
    ...(known === undefined ? {} : { known: known.current }),
    ...(commandId === undefined ? {} : { commandId }),
  })
  if (E.isLeft(loaded)) return loaded
  states.set(streamId, { current: loaded.right.current, outdated: false })
  return loaded
}
