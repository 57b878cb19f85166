import { causeText } from '../issue'

/**
 * A handler's error for a dependency that is temporarily unavailable. The event is retried for as long as
 * it takes, and never counts as poison.
 */
export interface TransientFailure {
  readonly _tag: 'TransientFailure'
  readonly cause: unknown
  readonly message: string
}

/**
 * Marks a failure as temporary: the event or command is retried until it succeeds, and the attempt is not
 * counted. Never throws.
 *
 * @param cause - anything; it becomes part of the message.
 *
 * @example
 * const handle = ({ event }: RecordedEvent<AccountEvent>) =>
 *   TE.mapLeft(transientFailure)(sendMail(event))
 */
export const transientFailure = (cause: unknown): TransientFailure => ({
  _tag: 'TransientFailure',
  cause,
  message: `Temporarily unavailable: ${causeText(cause)}.`,
})
