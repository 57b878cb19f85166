import type * as E from 'fp-ts/Either'
import type { HandleError } from '../../core/errors/unions'
import { type ExpectedVersion, versionFits } from '../../core/expected-version'
import type { Metadata } from '../../core/metadata'
import type { RecordedEvent } from '../../core/recorded-event'
import type { StreamVersion, StreamId } from '../../core/stream'
import type { Effort } from '../notices/notices'
import { beginning, type Versioned } from '../state/replay'

/** The four types of a category, in one. */
export interface CategoryTypes {
  readonly command: unknown
  readonly state: unknown
  readonly event: unknown
  readonly rejection: unknown
}

/** The options of a command. Every key is optional. */
export interface CommandOptions {
  /**
   * Makes the command idempotent: it has its effect once on this stream, however often it is sent and
   * from wherever. Every later sending is answered as the first one was; of another command under the
   * same id, `CommandIdReused`. 1 to 255 characters.
   */
  readonly commandId?: string
  /**
   * What the sender sent, if the command was made from it: with a time, say, or a new id. It is what a later sending
   * under the same `commandId` is compared with. JSON. Default: the command.
   */
  readonly sentAs?: unknown
  /**
   * The version that the caller expects the stream to be at.
   *
   * - Omitted: whatever the version is, the decision is made on it, and made again when another writer
   *   was faster.
   * - `mustExist`: the same, on a stream that has events.
   * - A number, `mustNotExist`: the decision is made on that version alone. A conflict is answered.
   * - `any`: blind. The decision is made on the cached state, which may be outdated, and its events are
   *   appended wherever the stream is by then.
   */
  readonly expectedVersion?: ExpectedVersion
  /** Goes with every event. `commandId` is added to it; `correlationId` is that id, unless given. */
  readonly metadata?: Metadata
}

/** The options of one command, and a fingerprint of the command itself if it has an id. */
export interface SentOptions extends CommandOptions {
  /** `undefined`: the command is not JSON, so it counts as the same as any command with its id. */
  readonly fingerprint?: string | undefined
}

/** Whether a command may be decided on this version. One that expects nothing may be decided on any. */
export const admits = ({ expectedVersion }: CommandOptions, version: StreamVersion): boolean =>
  expectedVersion === undefined || versionFits(expectedVersion, version)

/**
 * What a command is decided on that must find no stream: the append will say whether there is one. What is not appended,
 * a rejection for one, is not certain, and decided again on what was loaded.
 */
export const stateOfNew = <State>(
  category: Parameters<typeof beginning<State>>[0],
  { expectedVersion }: CommandOptions,
): (Versioned<State> & { readonly outdated: boolean }) | undefined =>
  expectedVersion === 'mustNotExist' || expectedVersion === 0
    ? { ...beginning(category), outdated: false }
    : undefined

/** Whether a command is decided again when another writer was first: it is not pinned, and not blind. */
export const isDecidedAgain = ({ expectedVersion }: CommandOptions): boolean =>
  expectedVersion === undefined || expectedVersion === 'mustExist'

/** Whether two fingerprints say that the commands differ. */
export const isOtherCommand = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other

/** The result of a command. */
export interface CommandResult<State, Event> {
  /** What was recorded, oldest first. Empty: there was nothing to do. */
  readonly events: ReadonlyArray<RecordedEvent<Event>>
  /** The state after them. */
  readonly state: State
  /** The version after them. */
  readonly version: StreamVersion
  /**
   * On a backend with several sources, the name of the one that the positions of the events are of: they mean nothing without it.
   * Omitted: the backend is its own and only source.
   */
  readonly source?: string
}

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
  /** What it has taken so far. `undefined`: nobody asks for it. */
  readonly effort: Effort | undefined
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
