import type * as E from 'fp-ts/Either'
import type { Category } from '../../core/category'
import type { HandleError } from '../../core/errors/unions'
import type { StreamId } from '../../core/stream'
import type { CommandOptions, Handled } from './command-options'
import type { Surroundings } from './settings'
import type { Background } from '../state/snapshots'
import type { StateCache } from '../state/state-cache'

/** What every command of a category is handled with. */
export interface Handling<Command, State, Event, Rejection> {
  readonly category: Category<Command, State, Event, Rejection>
  readonly surroundings: Surroundings
  readonly snapshots: Background<State>
  readonly states: StateCache<State>
}

/** What a command is answered with. */
export type Answer<State, Event, Rejection> = E.Either<
  HandleError<Rejection>,
  Handled<State, Event>
>

/** A command that waits for its answer. */
export interface Waiting<Command, State, Event, Rejection> {
  readonly command: Command
  readonly options: CommandOptions
  readonly answer: (answer: Answer<State, Event, Rejection>) => void
  /** How often it was decided in vain. */
  readonly failed: number
  /** It shares its append with nobody. */
  readonly alone: boolean
  /** The stream must be read, and its command id looked up, before it is decided. */
  readonly afresh: boolean
}

/** Handles some commands of one stream; gives back those that must be handled again, in their order. */
export type Round<Command, State, Event, Rejection> = (
  streamId: StreamId,
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
) => Promise<ReadonlyArray<Waiting<Command, State, Event, Rejection>>>
