import type * as E from 'fp-ts/Either'
import type { HandleError } from '../../core/errors/unions'
import type { StreamId } from '../../core/stream'
import type { SentOptions } from './command-options'

/** What a command is answered with. */
export type Answer<Rejection, Result> = E.Either<HandleError<Rejection>, Result>

/** A command that waits for its answer. */
export interface PendingCommand<Command, Rejection, Result> {
  readonly command: Command
  readonly options: SentOptions
  readonly answer: (answer: Answer<Rejection, Result>) => void
  /** How often another writer was first. */
  conflicts: number
  /**
   * - `shared`: it may share its append with its neighbours.
   * - `alone`: it has an append of its own.
   * - `reload`: the same, and the stream is read, and its command id looked up, before it is decided.
   */
  mode: 'shared' | 'alone' | 'reload'
}

/** What becomes of a pending command. Either it has its answer, or it is handled again. */
export type Outcome<Rejection, Result> =
  | Answer<Rejection, Result>
  /** Nothing was wrong with it: at once. */
  | { readonly _tag: 'DecideAgain' }
  /** Another writer was first: after a back-off. */
  | { readonly _tag: 'Conflict' }
  /** The state that it was decided on may be an old one: on what the store says. */
  | { readonly _tag: 'Reload' }
  /** One of its neighbours may be the cause: apart from them. */
  | { readonly _tag: 'Alone' }

/** Handles some commands of one stream; returns those that must be handled again, in their order. */
export type HandleBatch<Command, Rejection, Result> = (
  streamId: StreamId,
  batch: ReadonlyArray<PendingCommand<Command, Rejection, Result>>,
) =>
  | ReadonlyArray<PendingCommand<Command, Rejection, Result>>
  | Promise<ReadonlyArray<PendingCommand<Command, Rejection, Result>>>

export const DECIDE_AGAIN = { _tag: 'DecideAgain' } as const
export const CONFLICT = { _tag: 'Conflict' } as const
export const RELOAD = { _tag: 'Reload' } as const
export const ALONE = { _tag: 'Alone' } as const
