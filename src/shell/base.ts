import * as E from 'fp-ts/Either'
import type { LoadError } from '../core/errors/unions'
import { versionFits } from '../core/expected-version'
import type { HandledCommand } from '../core/ports/event-store'
import type { StreamId } from '../core/stream'
import { loadState } from './load-state'
import type { Current } from './play'
import type { Handling, Waiting } from './waiting'

/** The state that a batch is decided on. */
export interface Base<State> {
  readonly current: Current<State>
  /** It was read just now, and the command id of the batch's first command was looked up with it. */
  readonly fresh: boolean
  /** The first command was carried out before. */
  readonly handled: HandledCommand | undefined
}

/** The state in memory, if it will do. */
export const baseInMemory = <Command, State, Event, Rejection>(
  { states }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  { afresh, options: { expectedVersion = 'any' } }: Waiting<Command, State, Event, Rejection>,
): Base<State> | undefined => {
  const known = states.get(streamId)
  return known === undefined ||
    known.outdated ||
    afresh ||
    !versionFits(expectedVersion, known.current.version)
    ? undefined
    : { current: known.current, fresh: false, handled: undefined }
}

/** What the store says now. */
export const baseFromStore = async <Command, State, Event, Rejection>(
  { category, surroundings, states }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  { options: { commandId } }: Waiting<Command, State, Event, Rejection>,
): Promise<E.Either<LoadError, Base<State>>> => {
  const known = states.get(streamId)
  const loaded = await loadState(category, surroundings, streamId, {
    ...(known === undefined ? {} : { known: known.current }),
    ...(commandId === undefined ? {} : { commandId }),
  })
  if (E.isLeft(loaded)) return loaded
  states.set(streamId, { current: loaded.right.current, outdated: false })
  return E.right({ ...loaded.right, fresh: true })
}
