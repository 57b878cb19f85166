import { type ExpectedVersion, versionFits } from '../../core/expected-version'
import type { Metadata } from '../../core/metadata'
import type { RecordedEvent } from '../../core/recorded-event'
import type { StreamVersion } from '../../core/stream'

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
}
